import type * as ort from 'onnxruntime-web'
import type { Backend } from '../../shared/contracts/prediction'
import { type RowBuffer, HeapRows } from './rowBuffer'

/** The backend that sessions run on, and its storage for the rows that later runs read. */
export interface Runtime {
  readonly backend: Backend
  readonly executionProvider: ort.InferenceSession.ExecutionProviderConfig
  /** Location of outputs that are only used as later inputs. */
  readonly rowsLocation: ort.Tensor.DataLocation
  /** The largest size of a weight tensor. */
  readonly maxTensorBytes: number
  readonly rowBuffer: (nEmbd: number) => RowBuffer
  /** Resolves with the reason when the runtime is lost, also while it is idle. All its sessions and rows are lost too. */
  readonly lost: Promise<Error>
  /** Frees everything, sessions included. */
  close(): void
}

/** The WASM runtime of this thread; it lives as long as the thread. */
export const WASM_RUNTIME: Runtime = {
  backend: 'wasm',
  executionProvider: 'wasm',
  rowsLocation: 'cpu',
  maxTensorBytes: Infinity,
  rowBuffer: (nEmbd) => new HeapRows(nEmbd),
  lost: new Promise(() => undefined),
  close: () => undefined,
}
