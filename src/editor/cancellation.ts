import type * as vscode from 'vscode'

/** The one place where VS Code's cancellation becomes ours. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController()
  if (token.isCancellationRequested) controller.abort()
  token.onCancellationRequested(() => {
    controller.abort()
  })
  return controller.signal
}
