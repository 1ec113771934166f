import type * as vscode from 'vscode'

/** Converts VS Code's `CancellationToken` to an `AbortSignal`, which all code below `editor` uses. */
export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController()
  if (token.isCancellationRequested) controller.abort()
  token.onCancellationRequested(() => {
    controller.abort()
  })
  return controller.signal
}
