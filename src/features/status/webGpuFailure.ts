import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { showInformation, showWarning } from '../../editor/notifications'

/** Retries WebGPU, and says why if it is not used, so that the command never ends without any effect. */
export async function retryWebGpuOrReport(retry: () => Promise<string | undefined>, log: Log): Promise<void> {
  const reason = await retry()
  if (reason === undefined) return
  const chosen = await showInformation(`Using WASM instead of WebGPU. ${reason}`, 'Show Log')
  if (chosen === 'Show Log') log.show()
}

/** Reports that WebGPU failed and WASM took over, and offers to retry. */
export async function reportWebGpuFailure(reason: Error, log: Log): Promise<void> {
  const sentence = logError(log, 'WebGPU failed', reason)
  const chosen = await showWarning(`WebGPU failed; using WASM. ${sentence}`, 'Retry WebGPU', 'Show Log')
  if (chosen === 'Retry WebGPU') await vscode.commands.executeCommand('logitscope.retryWebGpu')
  if (chosen === 'Show Log') log.show()
}
