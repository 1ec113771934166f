import * as vscode from 'vscode'
import type { WebGpuOptions } from '../engine/client/startWebGpu'
import type { BackendCheck } from '../shared/contracts/backendCheck'
import type { GpuAdapter } from '../shared/contracts/companionApi'

/** Checks hold for one adapter, and for what drives it: another browser or another release of ours may be wrong. */
export function rememberedChecks({
  globalState,
  extension,
}: vscode.ExtensionContext): WebGpuOptions['checks'] {
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
