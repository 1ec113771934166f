import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { showInformation, showWarning } from '../../editor/notifications'
import { readSettings } from '../../editor/settings'
import type { BackendFailure, RetryOutcome } from '../../shared/contracts/backends'
import { backendName } from '../../shared/text/modelText'

/**
 * Retries the backends that are not in use, and says the result, so that the command never ends without a visible effect.
 * @param retry resolves with undefined if a backend failed, which was reported
 */
export async function retryBackendOrReport(
  retry: () => Promise<RetryOutcome | undefined>,
  log: Log,
): Promise<void> {
  const outcome = await retry()
  const text = outcome === undefined ? undefined : outcomeText(outcome)
  if (text === undefined) return
  const chosen = await showInformation(text, 'Show Log')
  if (chosen === 'Show Log') log.show()
}

/** Undefined if the fastest backend is used, which the status item shows. */
function outcomeText({ used, unused }: RetryOutcome): string | undefined {
  if (readSettings().backend === 'wasm')
    return 'The setting logitscope.backend is wasm. Set it to auto to use a faster backend.'
  if (unused.length === 0) return undefined
  const names = unused.map(({ backend }) => backendName(backend))
  const reasons = unused.map(({ reason }) => reason)
  return [`Using ${backendName(used)} instead of ${names.join(' and ')}.`, ...reasons].join(' ')
}

/** Reports that a backend failed and another took over, and offers to retry. */
export async function reportBackendFailure(
  { backend, used, reason }: BackendFailure,
  log: Log,
): Promise<void> {
  const name = backendName(backend)
  const sentence = logError(log, `${name} failed`, reason)
  const title = backend === 'native' ? 'Native inference' : name
  const text = `${title} failed; using ${backendName(used)}. ${sentence}`
  const chosen = await showWarning(text, 'Retry Backend', 'Show Log')
  if (chosen === 'Retry Backend') await vscode.commands.executeCommand('logitscope.retryBackend')
  if (chosen === 'Show Log') log.show()
}
