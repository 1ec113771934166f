import type { Checkpoint } from '../model/checkpoint'
import { vocabularyGraph } from '../model/gpt2Graphs'
import type { ModelLocation } from '../shared/engineApi'
import { Fp32OutOfMemoryError, OutOfMemoryError } from '../shared/errors'
import { defaultPrecision, describeLackOfMemory } from '../shared/modelText'
import { type ModelInfo, type Precision, VOCABULARY_SIZE } from '../shared/prediction'
import { Embeddings } from './embeddings'
import type { LoadOptions } from './engineOptions'
import { LmHead } from './lmHead'
import { OrtSession } from './ortSession'
import { Transformer } from './transformer'

/** A model in memory: two sessions, and what there is to say about it. */
export interface LoadedModel {
  readonly info: ModelInfo
  readonly transformer: Transformer
  readonly lmHead: LmHead
}

/**
 * Loads an open checkpoint, which may be closed then.
 * @throws OutOfMemoryError, InferenceError
 */
export async function loadCheckpoint(
  checkpoint: Checkpoint,
  { id, description }: Pick<ModelLocation, 'id' | 'description'>,
  { backend, threads, precision }: LoadOptions,
): Promise<LoadedModel> {
  const { nLayer, nHead, nEmbd, nPositions } = checkpoint.config
  const { remarks, parameters } = checkpoint
  const { transformer, lmHead } = await loadSessions(checkpoint).catch((cause: unknown) => {
    if (!(cause instanceof OutOfMemoryError)) throw cause
    const ErrorClass = precision === 'fp32' ? Fp32OutOfMemoryError : OutOfMemoryError
    throw new ErrorClass(`${describeLackOfMemory({ id, parameters, precision })}.`, { cause })
  })
  return {
    transformer,
    lmHead,
    info: {
      id,
      description,
      remarks: [...remarks, ...precisionRemark(precision, parameters)],
      parameters,
      precision,
      backend,
      threads,
      nLayer,
      nHead,
      nEmbd,
      nPositions,
      vocabSize: VOCABULARY_SIZE,
    },
  }
}

/** Where there is no choice, that it is none. */
function precisionRemark(precision: Precision, parameters: number): string[] {
  return precision === 'int8' && defaultPrecision({ parameters }) === 'int8'
    ? ['int8, because fp32 is more than the 4 GB that WebAssembly can address']
    : []
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
