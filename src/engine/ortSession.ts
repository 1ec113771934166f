import * as ort from 'onnxruntime-web'
import type { Checkpoint } from '../model/checkpoint'
import type { ModelGraph } from '../model/gpt2Graphs'
import { InferenceError, OutOfMemoryError } from '../shared/errors'
import { ExternalWeights } from './externalWeights'

const SESSION_OPTIONS: ort.InferenceSession.SessionOptions = {
  // Beyond `basic` nothing applies to these graphs, and looking for it takes a tenth of a second.
  graphOptimizationLevel: 'basic',
}
/** A second form of every matrix: in floats it costs more at the start than it saves in 2,000 tokens, and memory always. */
const WITHOUT_PREPACKING = { session: { disable_prepacking: '1' } }

/** Named tensors that go into a run, or come out of it. */
export type Tensors = Record<string, ort.Tensor>

export const tensor = {
  float32: (data: Float32Array, shape: readonly number[]) => new ort.Tensor('float32', data, shape),
  int32: (data: Int32Array, shape: readonly number[]) => new ort.Tensor('int32', data, shape),
  int64: (data: BigInt64Array, shape: readonly number[]) => new ort.Tensor('int64', data, shape),
}

/**
 * Sets the WASM backend up. The number of threads is fixed by the first session:
 * another number needs another worker.
 * @param assetsFolder where `ort-wasm-simd-threaded.{mjs,wasm}` lie, a path and not a URL: ORT's threads need it
 */
export function configureWasm(assetsFolder: string, threads: number): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = assetsFolder
}

/** One graph, ready to run on the WASM backend. */
export class OrtSession {
  private constructor(private readonly session: ort.InferenceSession) {}

  /** @throws InferenceError where the runtime is not to be had, OutOfMemoryError where its memory is not */
  static async create(graph: ModelGraph, checkpoint: Checkpoint): Promise<OrtSession> {
    const weights = new ExternalWeights(checkpoint, graph.weights)
    try {
      return new OrtSession(
        await ort.InferenceSession.create(graph.model, {
          executionProviders: ['wasm'],
          externalData: weights.list,
          logSeverityLevel: 3,
          ...SESSION_OPTIONS,
          ...(checkpoint.precision === 'fp32' && { extra: WITHOUT_PREPACKING }),
        }),
      )
    } catch (error) {
      const cause = weights.failure ?? error
      if (isOutOfMemory(cause)) throw outOfMemory(cause)
      throw new InferenceError(
        'The model could not be loaded into the inference runtime. The log has the reason.',
        { cause },
      )
    } finally {
      weights.release()
    }
  }

  /** Runs the graph; gives the outputs called `names`. */
  async run<Name extends string>(feeds: Tensors, names: readonly Name[]): Promise<Record<Name, ort.Tensor>> {
    try {
      return (await this.session.run(feeds, [...names])) as Record<Name, ort.Tensor>
    } catch (cause) {
      if (isOutOfMemory(cause)) throw outOfMemory(cause)
      throw new InferenceError(
        'The inference runtime failed. The log has the reason; Run Again starts anew.',
        { cause },
      )
    }
  }
}

/** As C++ and V8 say it; ORT passes on the words, not a class. */
function isOutOfMemory(cause: unknown): boolean {
  return /bad_alloc|out of memory|allocation failed|could not allocate/i.test(String(cause))
}

function outOfMemory(cause: unknown): OutOfMemoryError {
  return new OutOfMemoryError('The model needs more memory than there is. Select a smaller one.', { cause })
}
