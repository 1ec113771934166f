import * as vscode from 'vscode'
import { nativeCheckKey } from '../engine/client/native/nativeCheckKey'
import type { NativeOptions } from '../engine/client/native/startNative'
import type { WebGpuOptions } from '../engine/client/webgpu/startWebGpu'
import type { BackendCheck } from '../shared/contracts/engine/backendCheck'
import type { GpuAdapter } from '../shared/contracts/engine/companionApi'

/**
 * Stores the results of the WebGPU check. A result holds for one adapter, implementation of WebGPU, release of VS Code and
 * release of Logitscope, since each of them may change what the GPU computes.
 */
export function rememberedAdapterChecks({
  globalState,
  extension,
}: vscode.ExtensionContext): WebGpuOptions['checks'] {
  const { version } = extension.packageJSON as { readonly version: string }
  const key = ({ name, implementation }: GpuAdapter) =>
    `backendCheck webgpu ${version} ${vscode.version} ${implementation} ${name}`
  return {
    get: (adapter) => globalState.get<BackendCheck>(key(adapter)),
    set: (adapter, check) => {
      store(globalState, key(adapter), check)
    },
  }
}

/** Stores the results of the native check. */
export function rememberedNativeChecks(
  { globalState }: vscode.ExtensionContext,
  device: () => string,
): NativeOptions['checks'] {
  return {
    get: (precision) => globalState.get<BackendCheck>(nativeCheckKey(device(), precision)),
    set: (precision, check) => {
      store(globalState, nativeCheckKey(device(), precision), check)
    },
  }
}

/** If the result cannot be stored, the next start checks again. */
function store(state: vscode.Memento, key: string, check: BackendCheck): void {
  state.update(key, check).then(undefined, () => undefined)
}
