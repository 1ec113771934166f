import type { InferenceSession } from 'onnxruntime-common'
import type { ModelGraph } from '../../../model/graphs/gpt2GraphBuilder'
import type { NativeLibrary } from './nativeLibrary'
import type { SessionWeights } from '../runtime'
import { GRAPH_OPTIONS } from '../sessionOptions'
import { WeightBytes } from './weightBytes'

/** The settings that differ between sessions of the native library. */
export interface NativeSettings {
  readonly provider: 'cpu' | 'webgpu'
  /** Threads on the CPU. */
  readonly threads: number
  /** Of `extra.session`, in addition to those of every session. */
  readonly entries: Record<string, string>
  /** The file to which the runtime writes the graph as it runs it. */
  readonly optimizedModelFilePath?: string
}

/**
 * Threads that wait in a loop are a little faster while nothing else runs. Beside other programs a token takes several
 * times as long with them, and they use the processor for a while after every run.
 */
const WITHOUT_SPINNING = { 'intra_op.allow_spinning': '0' }

/** A graph with the weights as they are stored, mapped or copied. */
export async function storedSession(
  native: NativeLibrary,
  { graph, checkpoint }: { readonly graph: ModelGraph; readonly checkpoint: SessionWeights },
  settings: NativeSettings,
): Promise<InferenceSession> {
  const { mappedFolder } = checkpoint
  if (mappedFolder !== undefined) {
    const entries = { ...settings.entries, ...mappedFrom(mappedFolder) }
    return native.InferenceSession.create(graph.model, sessionOptions({ ...settings, entries }))
  }
  const bytes = new WeightBytes(checkpoint, graph.weights)
  try {
    return await native.InferenceSession.create(graph.model, {
      ...sessionOptions(settings),
      externalData: bytes.list,
    })
  } finally {
    bytes.release()
  }
}

/** The runtime maps the files whose names and offsets the graph has. */
export function mappedFrom(folder: string): Record<string, string> {
  return { model_external_initializers_file_folder_path: folder }
}

export function sessionOptions({
  provider,
  threads,
  entries,
  ...options
}: NativeSettings): InferenceSession.SessionOptions {
  return {
    ...GRAPH_OPTIONS,
    ...options,
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { ...WITHOUT_SPINNING, ...entries } },
  }
}
