import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { plainMessage } from '../../shared/text/plainMessage'

/** Retries WebGPU, and shows a message if it is unavailable, so that the command never ends without any effect. */
export async function retryWebGpuOrReport(retry: () => Promise<boolean>, log: Log): Promise<void> {
  if (await retry()) return
  const chosen = await vscode.window.showInformationMessage('WebGPU is unavailable; using WASM.', 'Show Log')
  if (chosen === 'Show Log') log.show()
}

/** Reports that WebGPU failed and WASM took over, and offers to retry. */
export async function reportWebGpuFailure(reason: Error, log: Log): Promise<void> {
  const sentence = plainMessage(logError(log, 'WebGPU failed', reason))
  const chosen = await vscode.window.showWarningMessage(
    `WebGPU cannot be used, so Logitscope uses WASM. ${sentence}`,
    'Retry WebGPU',
    'Show Log',
  )
  if (chosen === 'Retry WebGPU') await vscode.commands.executeCommand('logitscope.retryWebGpu')
  if (chosen === 'Show Log') log.show()
}
