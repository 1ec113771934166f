import { existsSync } from 'node:fs'
import { withInt8Form } from '../../model/derived/int8Cache'
import { withMappedFiles } from '../../model/folder/mappedCheckpoint'
import { fingerprintOf } from '../../model/folder/fingerprint'
import { withModelFolder } from '../../model/folder/modelFolder'
import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelLocation } from '../../shared/contracts/engineApi'
import { ModelFilesError } from '../../shared/errors'
import { isOutOfMemory } from '../runtime/outOfMemory'
import { checkFitsWasm, lackOfMemory } from './memoryLimits'
import { type InferenceOptions, loadCheckpoint, type LoadedModel } from './model'

/**
 * Loads a checkpoint folder, and closes its files when the model is in memory.
 * @throws ModelFilesError and what `loadCheckpoint` throws
 */
export async function loadModelFolder(
  location: ModelLocation,
  options: InferenceOptions,
): Promise<LoadedModel> {
  if (location.ifMissing !== undefined && !existsSync(location.folder))
    throw new ModelFilesError(location.ifMissing)
  await options.turn?.()
  const isNative = options.backend === 'native'
  return withModelFolder(location.folder, async (opened) => {
    const checkpoint = readUntil(options.signal, opened)
    const model = { ...location, fingerprint: await fingerprintOf(location) }
    const load = async (weights: Checkpoint, mappable: string | undefined) => {
      const { prepackedForm } = options
      if (prepackedForm !== undefined) return loadCheckpoint({ ...weights, prepackedForm }, model, options)
      const isMapped = isNative && mappable !== undefined
      return loadCheckpoint(isMapped ? await withMappedFiles(weights, mappable) : weights, model, options)
    }
    if (options.precision === 'fp32')
      return load(checkpoint, location.storage === 'logitscope' ? location.folder : undefined)
    const size = { id: model.id, parameters: checkpoint.parameters, precision: options.precision }
    if (!isNative) checkFitsWasm(size, options.beside)
    try {
      return await withInt8Form(checkpoint, model, options.cacheFolder, (form) =>
        load(form, options.cacheFolder),
      )
    } catch (error) {
      throw isOutOfMemory(error) ? lackOfMemory(size, error) : error
    }
  })
}

/** The checkpoint, whose weights cannot be read any more when the signal has aborted: the int8 form takes minutes. */
function readUntil(signal: AbortSignal | undefined, checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    readNow: (name, target) => {
      signal?.throwIfAborted()
      checkpoint.readNow(name, target)
    },
  }
}
