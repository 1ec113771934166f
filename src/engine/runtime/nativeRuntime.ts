import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-common'
import type { ModelGraph } from '../../model/graphs/gpt2GraphBuilder'
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
  /** A folder to which the prepacked form of each graph is written; undefined: none is made. */
  readonly savePrepackedTo?: string
}

/**
 * The CPU of this machine, with all the instructions that it has. It is used in a process of its own, because native code
 * may crash, and a run blocks the thread that calls it.
 * @throws NativeUnavailableError if the library cannot be loaded, or if its int8 products are not exact on this CPU
 */
export async function openNative(options: NativeOptions): Promise<Runtime> {
  const { library, precision } = options
  const native = openNativeLibrary(library)
  const createSession: Runtime['createSession'] = (graph, checkpoint) => {
    const { prepackedForm } = checkpoint
    if (prepackedForm !== undefined) return prepackedSession(native, { ...options, graph, prepackedForm })
    const { savePrepackedTo } = options
    const packing = savePrepackedTo === undefined ? STORED : saved(graph.name, savePrepackedTo)
    return storedSession(native, { ...options, graph, checkpoint, packing })
  }
  if (precision === 'int8') {
    // Stored and prepacked matrices are multiplied by different code.
    for (const packing of [STORED, PACKED]) {
      await checkInt8Products((graph, checkpoint) =>
        storedSession(native, { ...options, graph, checkpoint, packing }),
      )
    }
  }
  return {
    backend: 'native',
    createSession,
    maxTensorBytes: Infinity,
    rowBuffer: (nEmbd) => new HeapRows(nEmbd),
    // A lost native runtime is a process that has ended.
    lost: new Promise(() => undefined),
    close: () => undefined,
  }
}

interface SessionOptions extends NativeOptions {
  readonly graph: ModelGraph
}

/** A graph from its prepacked form, whose files the runtime maps. */
async function prepackedSession(
  native: NativeLibrary,
  { graph, prepackedForm, threads }: SessionOptions & { readonly prepackedForm: string },
): Promise<InferenceSession> {
  const model = await readFile(join(prepackedForm, `${graph.name}.onnx`))
  return native.InferenceSession.create(model, sessionOptions(threads, mappedFrom(prepackedForm)))
}

interface StoredOptions extends SessionOptions {
  readonly checkpoint: SessionWeights
  readonly packing: Packing
}

/** A graph with the weights as they are stored, mapped or copied. */
async function storedSession(
  native: NativeLibrary,
  { graph, checkpoint, threads, packing: { entries, ...options } }: StoredOptions,
): Promise<InferenceSession> {
  const { mappedFolder } = checkpoint
  if (mappedFolder !== undefined) {
    const session = sessionOptions(threads, { ...entries, ...mappedFrom(mappedFolder) })
    return native.InferenceSession.create(graph.model, { ...session, ...options })
  }
  const bytes = new WeightBytes(checkpoint, graph.weights)
  try {
    return await native.InferenceSession.create(graph.model, {
      ...sessionOptions(threads, entries),
      ...options,
      externalData: bytes.list,
    })
  } finally {
    bytes.release()
  }
}

/** Whether the runtime arranges matrices for the processor. */
interface Packing {
  readonly entries: Record<string, string>
  readonly optimizedModelFilePath?: string
}

const STORED: Packing = { entries: WITHOUT_PREPACKING }
const PACKED: Packing = { entries: {} }
/** Smaller tensors are in the graph's own file. */
const MIN_EXTERNAL_BYTES = 1024

/** Arranges the matrices and writes them to files, as {@link prepackedSession} reads them. */
function saved(name: string, folder: string): Packing {
  return {
    optimizedModelFilePath: join(folder, `${name}.onnx`),
    entries: {
      optimized_model_external_initializers_file_name: `${name}.data`,
      optimized_model_external_initializers_min_size_in_bytes: String(MIN_EXTERNAL_BYTES),
      save_external_prepacked_constant_initializers: '1',
    },
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
    extra: { session: { ...WITHOUT_SPINNING, ...entries } },
  }
}
