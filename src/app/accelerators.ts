import type * as vscode from 'vscode'
import type { Log } from '../editor/log'
import { readPrecision, readSettings } from '../editor/settings'
import type { AcceleratorOptions } from '../engine/client/accelerator'
import { nativeAccelerator, type NativeOptions } from '../engine/client/native/startNative'
import { webGpuAccelerator, type WebGpuOptions } from '../engine/client/webgpu/startWebGpu'
import { rememberedAdapterSelfTests, rememberedNativeSelfTests } from './rememberedSelfTests'

/** How one kind of extension host finds the GPU and starts engines. */
export type WebGpuHost = Pick<WebGpuOptions, 'place' | 'spawnWasm'>

/** How an extension host in Node finds the native library and starts engines. */
export type NativeHost = Pick<NativeOptions, 'library' | 'device' | 'spawnNative' | 'spawnWasm'>

/** WebGPU according to the user's settings, on every kind of host. */
export function webGpuOf(context: vscode.ExtensionContext, log: Log, host: WebGpuHost): AcceleratorOptions {
  return webGpuAccelerator({
    ...host,
    ...settingsAndLog(log),
    selfTests: rememberedAdapterSelfTests(context),
  })
}

/** The native library according to the user's settings. */
export function nativeOf(context: vscode.ExtensionContext, log: Log, host: NativeHost): AcceleratorOptions {
  return nativeAccelerator({
    ...host,
    ...settingsAndLog(log),
    selfTests: rememberedNativeSelfTests(context, host.device),
    isSelfTestAwaited: false,
  })
}

function settingsAndLog(log: Log): Pick<WebGpuOptions, 'choice' | 'selected' | 'log'> {
  return {
    choice: () => readSettings().backend,
    selected: () => {
      const { model } = readSettings()
      return { model, precision: readPrecision(model) }
    },
    log: (message) => {
      log.info(message)
    },
  }
}
