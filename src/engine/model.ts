import { withModelFolder } from '../model/modelFolder'
import type { ModelLocation } from '../shared/engineApi'
import { type ModelInfo, VOCABULARY_SIZE } from '../shared/prediction'
import { LmHead } from './lmHead'
import { Transformer } from './transformer'

/** A model in memory: two sessions, and what there is to say about it. */
export interface LoadedModel {
  readonly info: ModelInfo
  readonly transformer: Transformer
  readonly lmHead: LmHead
}

/** Loads a checkpoint folder; the files are closed when it is in memory. */
export function loadModel(location: ModelLocation, threads: number): Promise<LoadedModel> {
  return withModelFolder(location.folder, async (checkpoint) => {
    const { nLayer, nHead, nEmbd, nPositions } = checkpoint.config
    return {
      transformer: await Transformer.load(checkpoint),
      lmHead: await LmHead.load(checkpoint),
      info: {
        id: location.id,
        description: location.description,
        remarks: checkpoint.remarks,
        parameters: checkpoint.parameters,
        precision: 'fp32',
        backend: 'wasm',
        threads,
        nLayer,
        nHead,
        nEmbd,
        nPositions,
        vocabSize: VOCABULARY_SIZE,
      },
    }
  })
}
