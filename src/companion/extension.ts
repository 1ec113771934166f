import * as vscode from 'vscode'
import { spawnWorker } from '../engine/spawnWorker.web'
import { EXTENSION_COMMANDS } from '../shared/companionApi'
import { VSCODE_COMMANDS } from '../vscodeCommands'
import { hostEngines } from './engineHost'
import { describeAdapter } from './gpuAdapter'

/** The companion: runs in the user's window, wherever Logitscope itself does, because the GPU is there. */
export function activate({ extensionUri, subscriptions }: vscode.ExtensionContext): void {
  const host = hostEngines({
    commands: VSCODE_COMMANDS,
    adapter: describeAdapter,
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
