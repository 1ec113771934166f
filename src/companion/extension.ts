import * as vscode from 'vscode'
import { findGpuAdapter } from '../engine/runtime/webgpu/gpuAdapter'
import { spawnWorker } from '../engine/client/spawn/spawnWorker.web'
import {
  type AdapterAnswer,
  COMPANION_VERSION,
  EXTENSION_COMMANDS,
} from '../shared/contracts/engine/companionApi'
import { WebGpuUnavailableError } from '../shared/errors'
import { VSCODE_COMMANDS } from './vscodeCommands'
import { hostEngines } from './engineHost'

/** The companion extension. It runs in the user's window, where the GPU is; Logitscope itself may run elsewhere. */
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
          // An engine on WebGPU is asked about one model only.
          modelOf: () => source,
        },
      ),
  })
  subscriptions.push(host)
  // Fails if Logitscope has not started yet; it looks for the companion when it starts.
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
