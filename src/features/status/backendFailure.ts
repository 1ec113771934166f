import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { showInformation, showWarning } from '../../editor/ui/notifications'
import { readSettings } from '../../editor/settings'
import type { BackendFailure, RetryOutcome } from '../../shared/contracts/engine/backends'
import { NativeUnavailableError, WebGpuUnavailableError } from '../../shared/errors'
import { backendName, backendTitle } from '../../shared/text/modelText'

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

/** Reports that a backend failed or is unavailable, and that another one is used; offers what the user can do. */
export async function reportBackendFailure(
  { backend, used, reason }: BackendFailure,
  { log, offersNative }: { readonly log: Log; readonly offersNative: () => boolean },
): Promise<void> {
  const isUnavailable = reason instanceof WebGpuUnavailableError || reason instanceof NativeUnavailableError
  const what = `${backendTitle(backend)} ${isUnavailable ? 'is unavailable' : 'failed'}`
  const sentence = logError(log, what, reason)
  const chosen = await showWarning(
    `${what}; using ${backendName(used)}. ${sentence}`,
    ...(backend === 'native' && offersNative() ? ([INSTALL] as const) : []),
    RETRY,
    'Show Log',
  )
  if (chosen === INSTALL) await vscode.commands.executeCommand('logitscope.installNative')
  if (chosen === RETRY) await vscode.commands.executeCommand('logitscope.retryBackend')
  if (chosen === 'Show Log') log.show()
}

const INSTALL = 'Install Logitscope Native'
const RETRY = 'Retry Backend'
