import * as vscode from 'vscode'
import { signalOf } from './cancellation'

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
  const source = new vscode.CancellationTokenSource()
  let shown: vscode.Progress<{ message?: string }> | undefined
  const running = run(AbortSignal.any([signal, signalOf(source.token)]), (message) =>
    shown?.report({ message }),
  )
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (progress, token) => {
        shown = progress
        token.onCancellationRequested(() => {
          source.cancel()
        })
        await running.catch(() => undefined)
      },
    )
  }, SHOWN_AFTER_MS)
  return running.finally(() => {
    clearTimeout(timer)
    source.dispose()
  })
}
