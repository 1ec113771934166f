import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelGraph } from '../../model/graphs/gpt2GraphBuilder'
import { InferenceError, LogitscopeError, OutOfMemoryError } from '../../shared/errors'
import { isOutOfMemory } from './outOfMemory'
import type { LoadedGraph, Runtime } from './runtime'
import type { Tensor, Tensors } from './tensor'

/** One graph, loaded into ONNX Runtime. */
export class OrtSession {
  private loss: Error | undefined

  private constructor(
    private readonly graph: LoadedGraph,
    runtime: Runtime,
  ) {
    void runtime.lost.then((loss) => (this.loss = loss))
  }

  /**
   * @throws OutOfMemoryError if the runtime has not enough memory, ModelFilesError if the weights cannot be read
   * @throws InferenceError if the graph cannot be loaded for another reason
   */
  static async create(graph: ModelGraph, checkpoint: Checkpoint, runtime: Runtime): Promise<OrtSession> {
    try {
      return new OrtSession(await runtime.createSession(graph, checkpoint), runtime)
    } catch (cause) {
      if (cause instanceof LogitscopeError) throw cause
      if (isOutOfMemory(cause)) throw outOfMemory(cause)
      throw new InferenceError(
        'The model could not be loaded into the inference runtime. The log has the reason.',
        { cause },
      )
    }
  }

  /**
   * Runs the graph and returns the outputs called `names`.
   * @throws the error that the runtime was lost with, OutOfMemoryError, InferenceError
   */
  async run<Name extends string>(feeds: Tensors, names: readonly Name[]): Promise<Record<Name, Tensor>> {
    this.checkNotLost()
    try {
      const outputs = (await this.graph.run(feeds, names)) as Record<Name, Tensor>
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

  /** Frees the session. No run may be under way. */
  release(): Promise<void> {
    return this.graph.release()
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
