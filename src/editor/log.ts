import * as vscode from 'vscode'

/** The output channel "Logitscope". */
export type Log = vscode.LogOutputChannel

export function createLog(): Log {
  return vscode.window.createOutputChannel('Logitscope', { log: true })
}

/** Logs an error with its causes under the title `what`; returns its message for the user. */
export function logError(log: Log, what: string, error: unknown): string {
  if (!(error instanceof Error)) {
    log.error(what, String(error))
    return String(error)
  }
  log.error(`${what}: ${error.stack ?? error.message}`)
  for (let { cause } = error; cause instanceof Error; { cause } = cause) {
    log.error(`caused by ${cause.stack ?? cause.message}`)
  }
  return error.message
}
