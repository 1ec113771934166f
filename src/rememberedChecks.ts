import * as vscode from 'vscode'
import type { WebGpuParts } from './engine/startWebGpu'
import type { BackendCheck } from './shared/backendCheck'
import type { GpuAdapter } from './shared/companionApi'

/** Checks hold for one adapter, and for what drives it: another browser or another release of ours may be wrong. */
export function rememberedChecks({ globalState, extension }: vscode.ExtensionContext): WebGpuParts['checks'] {
  const { version } = extension.packageJSON as { readonly version: string }
  const key = ({ name, browser }: GpuAdapter) => `webGpuCheck ${version} ${vscode.version} ${browser} ${name}`
  return {
    get: (adapter) => globalState.get<BackendCheck>(key(adapter)),
    set: (adapter, check) => {
      // What is not remembered is found out again.
      globalState.update(key(adapter), check).then(undefined, () => undefined)
    },
  }
}
