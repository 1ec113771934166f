import { type ProgressStep, showProgress } from './notifications'

/** Work that takes less time shows no notification. */
const SHOWN_AFTER_MS = 700

/**
 * Runs work and shows a notification with a Cancel button if it takes longer than `SHOWN_AFTER_MS`. `report` changes the
 * notification's text. The signal given to `run` aborts with `signal` and with the Cancel button.
 */
export async function withLateProgress<T>(
  title: string,
  signal: AbortSignal,
  run: (signal: AbortSignal, report: (message: string) => void) => Promise<T>,
): Promise<T> {
  const cancelled = new AbortController()
  let shown: ((step: ProgressStep) => void) | undefined
  const running = run(AbortSignal.any([signal, cancelled.signal]), (message) => shown?.({ message }))
  const timer = setTimeout(() => {
    void showProgress(title, async (report, cancelledByUser) => {
      shown = report
      cancelledByUser.addEventListener('abort', () => {
        cancelled.abort()
      })
      await running.catch(() => undefined)
    })
  }, SHOWN_AFTER_MS)
  return running.finally(() => {
    clearTimeout(timer)
  })
}
