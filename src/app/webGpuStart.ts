import type * as vscode from 'vscode'
import type { Log } from '../editor/log'
import { readPrecision, readSettings } from '../editor/settings'
import type { BackendRouterOptions } from '../engine/client/backendRouter'
import { startWebGpu, type WebGpuOptions } from '../engine/client/startWebGpu'
import { rememberedChecks } from './rememberedChecks'

/** How one kind of extension host finds the GPU and starts engines. */
export type WebGpuHost = Pick<WebGpuOptions, 'adapter' | 'spawnWebGpu' | 'spawnWasm'>

/** Starts WebGPU according to the user's settings, on every kind of host. */
export function webGpuStart(
  context: vscode.ExtensionContext,
  log: Log,
  host: WebGpuHost,
): BackendRouterOptions['startWebGpu'] {
  const options: WebGpuOptions = {
    ...host,
    choice: () => readSettings().backend,
    selected: () => {
      const { model } = readSettings()
      return { model, precision: readPrecision(model) }
    },
    checks: rememberedChecks(context),
    log: (message) => {
      log.info(message)
    },
  }
  return (wasm, signal) => startWebGpu(options, wasm, signal)
}
