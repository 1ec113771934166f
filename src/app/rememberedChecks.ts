import * as vscode from 'vscode'
import type { WebGpuOptions } from '../engine/client/startWebGpu'
import type { BackendCheck } from '../shared/contracts/backendCheck'
import type { GpuAdapter } from '../shared/contracts/companionApi'

/**
 * Stores the results of the WebGPU check. A result holds for one adapter, browser, release of VS Code and release of
 * Logitscope, since each of them may change what the GPU computes.
 */
export function rememberedChecks({
  globalState,
  extension,
}: vscode.ExtensionContext): WebGpuOptions['checks'] {
  const { version } = extension.packageJSON as { readonly version: string }
  const key = ({ name, browser }: GpuAdapter) => `webGpuCheck ${version} ${vscode.version} ${browser} ${name}`
  return {
    get: (adapter) => globalState.get<BackendCheck>(key(adapter)),
    set: (adapter, check) => {
      // If the result cannot be stored, the next start checks again.
      globalState.update(key(adapter), check).then(undefined, () => undefined)
    },
  }
}
