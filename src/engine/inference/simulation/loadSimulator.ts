import { existsSync } from 'node:fs'
import { fingerprintOf } from '../../../model/folder/fingerprint'
import { withMappedFiles } from '../../../model/folder/mappedCheckpoint'
import { withModelFolder } from '../../../model/folder/modelFolder'
import type { ModelLocation } from '../../../shared/contracts/engine/engineApi'
import { ModelFilesError } from '../../../shared/errors'
import { openSimulator, type SimulationOptions } from './openSimulator'
import type { Simulator } from './simulator'

/**
 * Loads a model folder for simulations, in fp32, also if the engine's precision is int8.
 * @throws ModelFilesError and what `openSimulator` throws
 */
export async function loadSimulator(location: ModelLocation, options: SimulationOptions): Promise<Simulator> {
  const { folder, ifMissing, storage } = location
  if (ifMissing !== undefined && !existsSync(folder)) throw new ModelFilesError(ifMissing)
  return withModelFolder(folder, async (checkpoint) => {
    const model = { ...location, fingerprint: await fingerprintOf(location) }
    const isMapped = options.backend === 'native' && storage === 'logitscope'
    return openSimulator(isMapped ? await withMappedFiles(checkpoint, folder) : checkpoint, model, options)
  })
}
