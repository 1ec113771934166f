import * as ort from 'onnxruntime-web'
import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelGraph } from '../../model/graphs/gpt2Graphs'
import { InferenceError, LogitscopeError, OutOfMemoryError } from '../../shared/errors'
import { ExternalWeights } from './externalWeights'
import { isOutOfMemory } from './outOfMemory'
import type { Runtime } from './runtime'
import type { Tensor, Tensors } from './tensor'

const SESSION_OPTIONS: ort.InferenceSession.SessionOptions = {
  // Higher levels find nothing to optimise in these graphs, and searching takes 0.1 s.
  graphOptimizationLevel: 'basic',
}
/**
 * Prepacking makes a second form of every matrix. In fp32 it takes more time at the start than it saves in 2,000 tokens,
 * and it takes memory.
 */
const WITHOUT_PREPACKING = { session: { disable_prepacking: '1' } }

/**
 * Configures the WASM backend. The first session fixes the number of threads; another number needs a new worker.
 * @param assetsFolder folder of `ort-wasm-simd-threaded.{mjs,wasm}`; a path, because ORT's threads do not accept a URL
 */
export function configureWasm(assetsFolder: string, threads: number): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = assetsFolder
}

/** One graph, loaded into ONNX Runtime. */
export class OrtSession {
  private loss: Error | undefined

  private constructor(
    private readonly session: ort.InferenceSession,
    runtime: Runtime,
  ) {
    void runtime.lost.then((loss) => (this.loss = loss))
  }

  /**
   * @throws OutOfMemoryError if the runtime has not enough memory, ModelFilesError if the weights cannot be read
   * @throws InferenceError if the graph cannot be loaded for another reason
   */
  static async create(graph: ModelGraph, checkpoint: Checkpoint, runtime: Runtime): Promise<OrtSession> {
    let weights: ExternalWeights | undefined
    try {
      weights = new ExternalWeights(checkpoint, graph.weights)
      const session = await ort.InferenceSession.create(graph.model, {
        executionProviders: [runtime.executionProvider],
        preferredOutputLocation: Object.fromEntries(graph.rows.map((name) => [name, runtime.rowsLocation])),
        externalData: weights.list,
        logSeverityLevel: 3,
        ...SESSION_OPTIONS,
        ...(checkpoint.precision === 'fp32' && { extra: WITHOUT_PREPACKING }),
      })
      return new OrtSession(session, runtime)
    } catch (error) {
      const cause = weights?.failure ?? error
      if (cause instanceof LogitscopeError) throw cause
      if (isOutOfMemory(cause)) throw outOfMemory(cause)
      throw new InferenceError(
        'The model could not be loaded into the inference runtime. The log has the reason.',
        { cause },
      )
    } finally {
      weights?.release()
    }
  }

  /**
   * Runs the graph and returns the outputs called `names`.
   * @throws the error that the runtime was lost with, OutOfMemoryError, InferenceError
   */
  async run<Name extends string>(feeds: Tensors, names: readonly Name[]): Promise<Record<Name, Tensor>> {
    this.checkNotLost()
    try {
      const outputs = (await this.session.run(feeds, [...names])) as Record<Name, Tensor>
      this.checkNotLost()
      return outputs
    } catch (cause) {
      this.checkNotLost()
      if (isOutOfMemory(cause)) throw outOfMemory(cause)
      throw new InferenceError(
        'The inference runtime failed. The log has the reason. Run Again restarts it.',
        { cause },
      )
    }
  }

  private checkNotLost(): void {
    if (this.loss !== undefined) throw this.loss
  }
}

function outOfMemory(cause: unknown): OutOfMemoryError {
  return new OutOfMemoryError('The model needs more memory than is available. Select a smaller one.', {
    cause,
  })
}
