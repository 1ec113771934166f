import * as vscode from 'vscode'
import { type Log, logError } from '../../editor/log'
import { plainMessage } from '../../shared/text/plainMessage'

/** Says so where there is none to be had: a command that does nothing to be seen looks broken. */
export async function retryWebGpuOrSay(retry: () => Promise<boolean>, log: Log): Promise<void> {
  if (await retry()) return
  const chosen = await vscode.window.showInformationMessage('WebGPU is not used, WASM computes.', 'Show Log')
  if (chosen === 'Show Log') log.show()
}

/** Says that WASM computes instead, and what can be done. */
export async function tellWebGpuFailure(reason: Error, log: Log): Promise<void> {
  const sentence = plainMessage(logError(log, 'WebGPU is not used any more', reason))
  const chosen = await vscode.window.showWarningMessage(
    `WebGPU cannot be used, so WASM computes. ${sentence}`,
    'Retry WebGPU',
    'Show Log',
  )
  if (chosen === 'Retry WebGPU') await vscode.commands.executeCommand('logitscope.retryWebGpu')
  if (chosen === 'Show Log') log.show()
}
