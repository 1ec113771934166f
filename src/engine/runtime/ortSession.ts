import * as ort from 'onnxruntime-web'
import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelGraph } from '../../model/graphs/gpt2Graphs'
import { InferenceError, OutOfMemoryError } from '../../shared/errors'
import { ExternalWeights } from './externalWeights'
import type { Runtime } from './runtime'
import type { Tensor, Tensors } from './tensor'

const SESSION_OPTIONS: ort.InferenceSession.SessionOptions = {
  // Beyond `basic` nothing applies to these graphs, and looking for it takes a tenth of a second.
  graphOptimizationLevel: 'basic',
}
/** A second form of every matrix: in floats it costs more at the start than it saves in 2,000 tokens, and memory always. */
const WITHOUT_PREPACKING = { session: { disable_prepacking: '1' } }

/**
 * Sets the WASM backend up. The number of threads is fixed by the first session:
 * another number needs another worker.
 * @param assetsFolder where `ort-wasm-simd-threaded.{mjs,wasm}` lie, a path and not a URL: ORT's threads need it
 */
export function configureWasm(assetsFolder: string, threads: number): void {
  ort.env.wasm.numThreads = threads
  ort.env.wasm.wasmPaths = assetsFolder
}

/** One graph, ready to run. */
export class OrtSession {
  private loss: Error | undefined

  private constructor(
    private readonly session: ort.InferenceSession,
    runtime: Runtime,
  ) {
    void runtime.lost.then((loss) => (this.loss = loss))
  }

  /** @throws InferenceError where the runtime is not to be had, OutOfMemoryError where its memory is not */
  static async create(graph: ModelGraph, checkpoint: Checkpoint, runtime: Runtime): Promise<OrtSession> {
    const weights = new ExternalWeights(checkpoint, graph.weights)
    try {
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

  /**
   * Runs the graph; gives the outputs called `names`.
   * @throws what the runtime was lost with, OutOfMemoryError, InferenceError
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
        'The inference runtime failed. The log has the reason; Run Again starts anew.',
        { cause },
      )
    }
  }

  private checkNotLost(): void {
    if (this.loss !== undefined) throw this.loss
  }
}

/** As C++ and V8 say it; ORT passes on the words, not a class. */
function isOutOfMemory(cause: unknown): boolean {
  return /bad_alloc|out of memory|allocation failed|could not allocate/i.test(String(cause))
}

function outOfMemory(cause: unknown): OutOfMemoryError {
  return new OutOfMemoryError('The model needs more memory than there is. Select a smaller one.', { cause })
}
