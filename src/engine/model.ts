import { existsSync } from 'node:fs'
import type { Checkpoint } from '../model/checkpoint'
import { vocabularyGraph } from '../model/gpt2Graphs'
import { withModelFolder } from '../model/modelFolder'
import type { ModelLocation } from '../shared/engineApi'
import { ModelFilesError, OutOfMemoryError } from '../shared/errors'
import { describeLackOfMemory } from '../shared/modelText'
import { type ModelInfo, VOCABULARY_SIZE } from '../shared/prediction'
import { Embeddings } from './embeddings'
import { LmHead } from './lmHead'
import { OrtSession } from './ortSession'
import { Transformer } from './transformer'

/** A model in memory: two sessions, and what there is to say about it. */
export interface LoadedModel {
  readonly info: ModelInfo
  readonly transformer: Transformer
  readonly lmHead: LmHead
}

/** Loads a checkpoint folder; the files are closed when it is in memory. */
export async function loadModel(location: ModelLocation, threads: number): Promise<LoadedModel> {
  if (location.ifMissing !== undefined && !existsSync(location.folder))
    throw new ModelFilesError(location.ifMissing)
  return withModelFolder(location.folder, async (checkpoint) => {
    const { nLayer, nHead, nEmbd, nPositions } = checkpoint.config
    const { transformer, lmHead } = await loadSessions(checkpoint).catch((cause: unknown) => {
      if (!(cause instanceof OutOfMemoryError)) throw cause
      const { parameters } = checkpoint
      throw new OutOfMemoryError(`${describeLackOfMemory({ id: location.id, parameters })}.`, { cause })
    })
    return {
      transformer,
      lmHead,
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

async function loadSessions(checkpoint: Checkpoint): Promise<Pick<LoadedModel, 'transformer' | 'lmHead'>> {
  const { nEmbd } = checkpoint.config
  // The largest matrix first: the space that it was read through is free for the blocks then.
  const vocabulary = await OrtSession.create(vocabularyGraph(checkpoint), checkpoint)
  return {
    transformer: await Transformer.load(checkpoint, new Embeddings(nEmbd, vocabulary)),
    lmHead: new LmHead(nEmbd, vocabulary),
  }
}
