import type { Checkpoint } from '../../model/gpt2/checkpoint'
import { vocabularyGraph } from '../../model/graphs/gpt2Graphs'
import { OutOfMemoryError } from '../../shared/errors'
import { defaultPrecision } from '../../shared/text/modelText'
import type { ModelInfo, Precision } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { DirectAttribution } from './attribution'
import { Embeddings } from './embeddings'
import { readFinalNorm } from './finalNorm'
import type { LoadOptions } from '../contract/engineOptions'
import { LmHead } from './lmHead'
import { checkFits, checkTensorsFitWasm, lackOfMemory, type MemoryLimits } from './memoryLimits'
import type { RowBuffer } from '../runtime/rowBuffer'
import { OrtSession } from '../runtime/ortSession'
import type { Runtime } from '../runtime/runtime'
import { Transformer } from './transformer'

/** How a model is loaded, and what it runs on. */
export interface InferenceOptions extends LoadOptions, MemoryLimits {
  /** Opens the runtime of the backend. It is called when the checkpoint is known to be usable. */
  readonly openRuntime: () => Promise<Runtime>
  /** The folder of the model's prepacked form, which is loaded instead of its files. Only the native runtime loads one. */
  readonly prepackedForm?: string
  /** The load ends soon after it aborts, and frees what it has. */
  readonly signal?: AbortSignal | undefined
  /** Called between two parts of the load, which take seconds: lets other messages through. Rejects if `signal` is aborted. */
  readonly turn?: (() => Promise<void>) | undefined
}

/** A model in memory: its two sessions and its description. */
export interface LoadedModel {
  readonly info: ModelInfo
  readonly transformer: Transformer
  readonly lmHead: LmHead
  /** Direct logit attribution; absent in int8. */
  readonly attribution?: DirectAttribution
  /** Creates a buffer for rows [·, columns] that are cached between runs. */
  readonly rowBuffer: (columns: number) => RowBuffer
  /**
   * Resolves with the reason when the backend is lost, also while it is idle. Every later run rejects with it, so the
   * thread should end.
   */
  readonly lost: Promise<Error>
  /** Frees the sessions. No run may be under way. */
  readonly release: () => Promise<void>
}

/**
 * Loads an open checkpoint. The caller may close it afterwards.
 * @throws OutOfMemoryError, InferenceError, and the errors of `openRuntime`
 */
export async function loadCheckpoint(
  checkpoint: Checkpoint,
  { id, description, fingerprint }: Pick<ModelInfo, 'id' | 'description' | 'fingerprint'>,
  { backend, threads, precision, beside, freeBytes, turn, openRuntime }: InferenceOptions,
): Promise<LoadedModel> {
  const { nLayer, nHead, nEmbd, nPositions } = checkpoint.config
  const { remarks, parameters } = checkpoint
  const size = { id, parameters, precision }
  checkFits(size, { backend, beside, freeBytes })
  if (backend === 'wasm') checkTensorsFitWasm(checkpoint, size)
  const runtime = await openRuntime()
  const sessions = await loadSessions(checkpoint, { runtime, turn }).catch((cause: unknown) => {
    runtime.close()
    throw cause instanceof OutOfMemoryError ? lackOfMemory(size, { beside, cause }) : cause
  })
  return {
    ...sessions,
    rowBuffer: (columns) => runtime.rowBuffer(columns),
    lost: runtime.lost,
    info: {
      id,
      description,
      fingerprint,
      remarks: [...remarks, ...precisionRemark(precision, parameters)],
      parameters,
      precision,
      backend,
      threads,
      nLayer,
      nHead,
      nEmbd,
      nPositions,
      vocabularySize: elementAt(checkpoint.weight('wte.weight').shape, 0),
    },
  }
}

/** A remark for models that are too large to run in fp32. */
function precisionRemark(precision: Precision, parameters: number): string[] {
  return precision === 'int8' && defaultPrecision({ parameters }) === 'int8'
    ? ['int8, because fp32 is more than the 4 GB that WebAssembly can address']
    : []
}

async function loadSessions(
  checkpoint: Checkpoint,
  { runtime, turn }: { readonly runtime: Runtime; readonly turn: InferenceOptions['turn'] },
): Promise<Pick<LoadedModel, 'transformer' | 'lmHead' | 'attribution' | 'release'>> {
  const { nEmbd } = checkpoint.config
  // First, because a web worker's memory of a tensor is released when a session has read it.
  const finalNorm = checkpoint.precision === 'fp32' ? await readFinalNorm(checkpoint) : undefined
  await turn?.()
  // The largest matrix first, so that its read buffer is free again when the blocks are loaded.
  const vocabulary = await OrtSession.create(
    vocabularyGraph(checkpoint, runtime.maxTensorBytes),
    checkpoint,
    runtime,
  )
  const embeddings = new Embeddings(nEmbd, vocabulary)
  const loadTransformer = async () => {
    await turn?.()
    return Transformer.load(checkpoint, embeddings, runtime)
  }
  const transformer = await loadTransformer().catch(async (error: unknown) => {
    await vocabulary.release()
    throw error
  })
  const lmHead = new LmHead(vocabulary)
  const release = async () => {
    await vocabulary.release()
    await transformer.release()
  }
  if (finalNorm === undefined) return { transformer, lmHead, release }
  return {
    transformer,
    lmHead,
    release,
    attribution: new DirectAttribution({ transformer, lmHead, embeddings, finalNorm }),
  }
}
