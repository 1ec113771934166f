import * as vscode from 'vscode'
import type { WebGpuParts } from './engine/startWebGpu'
import type { BackendCheck } from './shared/backendCheck'

/** Checks hold for one adapter, and for what drives it: another VS Code or another release of ours may be wrong. */
export function rememberedChecks({ globalState, extension }: vscode.ExtensionContext): WebGpuParts['checks'] {
  const { version } = extension.packageJSON as { readonly version: string }
  const key = (adapter: string) => `webGpuCheck ${version} ${vscode.version} ${adapter}`
  return {
    get: (adapter) => globalState.get<BackendCheck>(key(adapter)),
    set: (check) => void globalState.update(key(check.adapter), check),
  }
}
