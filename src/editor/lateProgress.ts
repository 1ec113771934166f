import * as vscode from 'vscode'
import { signalOf } from './cancellation'

/** What is done sooner needs no notification. */
const SHOWN_AFTER_MS = 700

/**
 * Runs what may take long: where it takes more than a moment, a notification says so, with a button to cancel.
 * `report` changes the notification's text. The run's signal aborts with `signal` and with that button.
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
