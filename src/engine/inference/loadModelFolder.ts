import { existsSync } from 'node:fs'
import { withInt8Form } from '../../model/derived/int8Cache'
import { withMappedFiles } from '../../model/folder/mappedCheckpoint'
import { fingerprintOf } from '../../model/folder/fingerprint'
import { withModelFolder } from '../../model/folder/modelFolder'
import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import { ModelFilesError } from '../../shared/errors'
import { isOutOfMemory } from '../runtime/outOfMemory'
import { checkFits, checkTensorsFitWasm, lackOfMemory, type MemoryLimits } from './memoryLimits'
import { type InferenceOptions, loadCheckpoint, type LoadedModel } from './model'

/**
 * Loads a checkpoint folder, and closes its files when the model is in memory.
 * @throws ModelFilesError and what `loadCheckpoint` throws
 */
export async function loadModelFolder(
  location: ModelLocation,
  options: InferenceOptions,
): Promise<LoadedModel> {
  checkExists(location)
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
    checkFits(size, options)
    try {
      return await withInt8Form(checkpoint, model, options.cacheFolder, (form) =>
        load(form, options.cacheFolder),
      )
    } catch (error) {
      throw isOutOfMemory(error) ? lackOfMemory(size, { beside: options.beside, cause: error }) : error
    }
  })
}

/**
 * Refuses a model that cannot be loaded, as far as its headers tell.
 * @throws ModelFilesError, OutOfMemoryError, and what `withModelFolder` throws
 */
export async function checkLoadable(
  location: ModelLocation,
  { precision, ...limits }: MemoryLimits & Pick<InferenceOptions, 'precision'>,
): Promise<void> {
  checkExists(location)
  await withModelFolder(location.folder, (checkpoint) => {
    const size = { id: location.id, parameters: checkpoint.parameters, precision }
    checkFits(size, limits)
    if (limits.backend === 'wasm' && precision === 'fp32') checkTensorsFitWasm(checkpoint, size)
    return Promise.resolve()
  })
}

function checkExists({ folder, ifMissing }: ModelLocation): void {
  if (ifMissing !== undefined && !existsSync(folder)) throw new ModelFilesError(ifMissing)
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
