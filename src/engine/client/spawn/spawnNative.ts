import type { ModelUses } from '../../../model/store/disk/modelUses'
import type { EngineOptions } from '../../contract/engineOptions'
import { type EngineProcess, spawnProcess } from './spawnProcess'

/** Starts the native engine's process, and records in the store until it ends that it uses the model. */
export function spawnNative(uses: ModelUses, options: EngineOptions): EngineProcess {
  const engine = spawnProcess(options)
  const ended = new Promise((resolve) => {
    engine.onStop(resolve)
  })
  uses.add(options.model, ended)
  return engine
}
