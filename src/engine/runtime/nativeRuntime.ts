import type { InferenceSession } from 'onnxruntime-common'
import type { Precision } from '../../shared/contracts/prediction'
import { checkInt8Products } from './int8Products'
import { type NativeLibrary, openNativeLibrary } from './nativeLibrary'
import { HeapRows } from './rowBuffer'
import type { Runtime, SessionWeights } from './runtime'
import { GRAPH_OPTIONS, WITHOUT_PREPACKING } from './sessionOptions'
import { WeightBytes } from './weightBytes'

/**
 * Threads that wait in a loop are a little faster while nothing else runs. Beside other programs a token takes several
 * times as long with them, and they use the processor for a while after every run.
 */
const WITHOUT_SPINNING = { 'intra_op.allow_spinning': '0' }

interface NativeOptions {
  /** Absolute path of `onnxruntime.cjs`. */
  readonly library: string
  readonly threads: number
  readonly precision: Precision
}

/**
 * The CPU of this machine, with all the instructions that it has. It is used in a process of its own, because native code
 * may crash, and a run blocks the thread that calls it.
 * @throws NativeUnavailableError if the library cannot be loaded, or if its int8 products are not exact on this CPU
 */
export async function openNative({ library, threads, precision }: NativeOptions): Promise<Runtime> {
  const native = openNativeLibrary(library)
  const createSession: Runtime['createSession'] = ({ model, weights }, checkpoint) =>
    checkpoint.mappedFolder === undefined
      ? withBytes(native, { model, weights, checkpoint, threads })
      : native.InferenceSession.create(model, sessionOptions(threads, mappedFrom(checkpoint.mappedFolder)))
  if (precision === 'int8') await checkInt8Products(createSession)
  return {
    backend: 'native',
    createSession,
    maxTensorBytes: Infinity,
    // A single row of int8 products is computed by other code, which rounds differently.
    minStepRows: precision === 'int8' ? 2 : 1,
    rowBuffer: (nEmbd) => new HeapRows(nEmbd),
    // A lost native runtime is a process that has ended.
    lost: new Promise(() => undefined),
    close: () => undefined,
  }
}

interface BytesSession {
  readonly model: Uint8Array
  /** Names of the tensors. */
  readonly weights: readonly string[]
  readonly checkpoint: SessionWeights
  readonly threads: number
}

/** A session with a copy of the weights. */
async function withBytes(
  native: NativeLibrary,
  { model, weights, checkpoint, threads }: BytesSession,
): Promise<InferenceSession> {
  const bytes = new WeightBytes(checkpoint, weights)
  try {
    return await native.InferenceSession.create(model, {
      ...sessionOptions(threads, {}),
      externalData: bytes.list,
    })
  } finally {
    bytes.release()
  }
}

/** The runtime maps the files whose names and offsets the graph has. */
function mappedFrom(folder: string): Record<string, string> {
  return { model_external_initializers_file_folder_path: folder }
}

function sessionOptions(threads: number, entries: Record<string, string>): InferenceSession.SessionOptions {
  return {
    ...GRAPH_OPTIONS,
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { ...WITHOUT_PREPACKING, ...WITHOUT_SPINNING, ...entries } },
  }
}
