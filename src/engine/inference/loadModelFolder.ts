import { existsSync } from 'node:fs'
import { withInt8Form } from '../../model/derived/int8Cache'
import { fingerprintOf } from '../../model/folder/fingerprint'
import { withModelFolder } from '../../model/folder/modelFolder'
import type { ModelLocation } from '../../shared/contracts/engineApi'
import { ModelFilesError } from '../../shared/errors'
import type { LoadOptions } from '../contract/engineOptions'
import { isOutOfMemory } from '../runtime/outOfMemory'
import { checkFitsWasm, lackOfMemory } from './memoryLimits'
import { loadCheckpoint, type LoadedModel } from './model'

/**
 * Loads a checkpoint folder, and closes its files when the model is in memory.
 * @throws ModelFilesError and what `loadCheckpoint` throws
 */
export async function loadModelFolder(location: ModelLocation, options: LoadOptions): Promise<LoadedModel> {
  if (location.ifMissing !== undefined && !existsSync(location.folder))
    throw new ModelFilesError(location.ifMissing)
  return withModelFolder(location.folder, async (checkpoint) => {
    const model = { ...location, fingerprint: await fingerprintOf(location) }
    if (options.precision === 'fp32') return loadCheckpoint(checkpoint, model, options)
    const size = { id: model.id, parameters: checkpoint.parameters, precision: options.precision }
    checkFitsWasm(size)
    try {
      return await withInt8Form(checkpoint, model, options.cacheFolder, (form) =>
        loadCheckpoint(form, model, options),
      )
    } catch (error) {
      throw isOutOfMemory(error) ? lackOfMemory(size, error) : error
    }
  })
}
