import * as vscode from 'vscode'
import { nativeSelfTestKey } from '../engine/client/native/nativeSelfTestKey'
import type { NativeOptions } from '../engine/client/native/startNative'
import type { WebGpuOptions } from '../engine/client/webgpu/startWebGpu'
import type { BackendSelfTest } from '../shared/contracts/engine/backendSelfTest'
import type { GpuAdapter } from '../shared/contracts/engine/companionApi'

/**
 * Stores the results of the WebGPU self-test. A result holds for one adapter, implementation of WebGPU, release of VS Code and
 * release of Logitscope, since each of them may change what the GPU computes.
 */
export function rememberedAdapterSelfTests({
  globalState,
  extension,
}: vscode.ExtensionContext): WebGpuOptions['selfTests'] {
  const { version } = extension.packageJSON as { readonly version: string }
  const key = ({ name, implementation }: GpuAdapter) =>
    `backendCheck webgpu ${version} ${vscode.version} ${implementation} ${name}`
  return {
    get: (adapter) => globalState.get<BackendSelfTest>(key(adapter)),
    set: (adapter, selfTest) => {
      store(globalState, key(adapter), selfTest)
    },
  }
}

/** Stores the results of the native self-test. */
export function rememberedNativeSelfTests(
  { globalState }: vscode.ExtensionContext,
  device: () => string,
): NativeOptions['selfTests'] {
  return {
    get: (precision) => globalState.get<BackendSelfTest>(nativeSelfTestKey(device(), precision)),
    set: (precision, selfTest) => {
      store(globalState, nativeSelfTestKey(device(), precision), selfTest)
    },
  }
}

/** If the result cannot be stored, the next start repeats the self-test. */
function store(state: vscode.Memento, key: string, selfTest: BackendSelfTest): void {
  state.update(key, selfTest).then(undefined, () => undefined)
}
