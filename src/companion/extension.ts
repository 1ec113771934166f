import * as vscode from 'vscode'
import { findGpuAdapter } from '../engine/runtime/gpuAdapter'
import { spawnWorker } from '../engine/client/spawnWorker.web'
import { type AdapterAnswer, COMPANION_VERSION, EXTENSION_COMMANDS } from '../shared/contracts/companionApi'
import { WebGpuUnavailableError } from '../shared/errors'
import { VSCODE_COMMANDS } from './vscodeCommands'
import { hostEngines } from './engineHost'

/** The companion: runs in the user's window, wherever Logitscope itself does, because the GPU is there. */
export function activate({ extensionUri, subscriptions }: vscode.ExtensionContext): void {
  const host = hostEngines({
    commands: VSCODE_COMMANDS,
    adapter: answerWithAdapter,
    spawn: ({ precision, ...model }, source) =>
      spawnWorker(
        { model, backend: 'webgpu', precision, threads: 1 },
        {
          asset: async (name) =>
            vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, 'dist', name)),
          ...source,
        },
      ),
  })
  subscriptions.push(host)
  // Where Logitscope is not there yet it will look by itself.
  VSCODE_COMMANDS.execute(EXTENSION_COMMANDS.here).catch(() => undefined)
}

async function answerWithAdapter(): Promise<AdapterAnswer> {
  try {
    return { version: COMPANION_VERSION, adapter: await findGpuAdapter() }
  } catch (error) {
    if (!(error instanceof WebGpuUnavailableError)) throw error
    return { version: COMPANION_VERSION, missing: error.message }
  }
}
