import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-common'
import type { ModelGraph } from '../../../model/graphs/gpt2GraphBuilder'
import type { Precision } from '../../../shared/contracts/engine/prediction'
import { checkInt8Products } from './int8Products'
import { type NativeLibrary, openNativeLibrary } from './nativeLibrary'
import { mappedFrom, type NativeSettings, sessionOptions, storedSession } from './nativeSession'
import { HeapRows } from '../rowBuffer'
import type { Runtime } from '../runtime'
import { WITHOUT_PREPACKING } from '../sessionOptions'

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
    return storedSession(native, { graph, checkpoint }, cpuSettings(options, packing))
  }
  if (precision === 'int8') {
    // Stored and prepacked matrices are multiplied by different code.
    for (const packing of [STORED, PACKED]) {
      await checkInt8Products((graph, checkpoint) =>
        storedSession(native, { graph, checkpoint }, cpuSettings(options, packing)),
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

interface PrepackedOptions extends Pick<NativeOptions, 'threads'> {
  readonly graph: ModelGraph
  readonly prepackedForm: string
}

/** A graph from its prepacked form, whose files the runtime maps. */
async function prepackedSession(
  native: NativeLibrary,
  { graph, prepackedForm, threads }: PrepackedOptions,
): Promise<InferenceSession> {
  const model = await readFile(join(prepackedForm, `${graph.name}.onnx`))
  const packing = { entries: mappedFrom(prepackedForm) }
  return native.InferenceSession.create(model, sessionOptions(cpuSettings({ threads }, packing)))
}

function cpuSettings({ threads }: Pick<NativeOptions, 'threads'>, packing: Packing): NativeSettings {
  return { provider: 'cpu', threads, ...packing }
}

/** Whether the runtime arranges matrices for the processor. */
type Packing = Pick<NativeSettings, 'entries' | 'optimizedModelFilePath'>

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
