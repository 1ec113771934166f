import type { Checkpoint } from '../../model/gpt2/checkpoint'
import type { ModelGraph } from '../../model/graphs/gpt2GraphBuilder'
import type { Backend } from '../../shared/contracts/engine/prediction'
import type { RowBuffer } from './rowBuffer'
import type { Tensors } from './tensor'

/** The part of a checkpoint that a session needs. */
export type SessionWeights = Pick<
  Checkpoint,
  'precision' | 'mappedFolder' | 'prepackedForm' | 'weight' | 'readNow'
>

/** A graph in the runtime: what Logitscope uses of a session of ONNX Runtime. */
export interface LoadedGraph {
  /** Resolves with the outputs of these names. */
  run(feeds: Tensors, names: readonly string[]): Promise<Tensors>
  release(): Promise<void>
}

/** The backend that sessions run on, and its storage for the rows that later runs read. */
export interface Runtime {
  readonly backend: Backend
  /**
   * Loads a graph and its weights. Rejects with the package's own error, or with that of a failed read. The files of the
   * checkpoint may be closed afterwards.
   */
  readonly createSession: (graph: ModelGraph, checkpoint: SessionWeights) => Promise<LoadedGraph>
  /** The largest size of a weight tensor. */
  readonly maxTensorBytes: number
  readonly rowBuffer: (nEmbd: number) => RowBuffer
  /** Resolves with the reason when the runtime is lost, also while it is idle. All its sessions and rows are lost too. */
  readonly lost: Promise<Error>
  /** Frees everything, sessions included. */
  close(): void
}
