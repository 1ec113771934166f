import * as ort from 'onnxruntime-web'
import type { ModelGraph } from '../../../model/graphs/gpt2GraphBuilder'
import { ExternalWeights } from '../externalWeights'
import type { SessionWeights } from '../runtime'
import { GRAPH_OPTIONS, WITHOUT_PREPACKING } from '../sessionOptions'

interface WebSessionOptions {
  readonly executionProvider: ort.InferenceSession.ExecutionProviderConfig
  /** Location of outputs that are only used as later inputs. */
  readonly rowsLocation: ort.Tensor.DataLocation
}

/** A session of onnxruntime-web, which copies the weights. Rejects with the error of a failed read if there is one. */
export async function createWebSession(
  graph: ModelGraph,
  checkpoint: SessionWeights,
  { executionProvider, rowsLocation }: WebSessionOptions,
): Promise<ort.InferenceSession> {
  const weights = new ExternalWeights(checkpoint, graph.weights)
  try {
    return await ort.InferenceSession.create(graph.model, {
      ...GRAPH_OPTIONS,
      executionProviders: [executionProvider],
      preferredOutputLocation: Object.fromEntries(graph.rows.map((name) => [name, rowsLocation])),
      externalData: weights.list,
      // Prepacking makes a second form of every matrix. In fp32 it takes more time at the start than it saves in 2,000
      // tokens, and it takes memory.
      ...(checkpoint.precision === 'fp32' && { extra: { session: WITHOUT_PREPACKING } }),
    })
  } catch (error) {
    throw weights.failure ?? error
  } finally {
    weights.release()
  }
}
