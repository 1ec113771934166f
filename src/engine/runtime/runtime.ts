import type * as ort from 'onnxruntime-web'
import type { Backend } from '../../shared/contracts/prediction'
import { type RowBuffer, HeapRows } from './rowBuffer'

/** What sessions run on, and where the rows lie that they leave for each other. */
export interface Runtime {
  readonly backend: Backend
  readonly executionProvider: ort.InferenceSession.ExecutionProviderConfig
  /** Where outputs are left that are only fed again. */
  readonly rowsLocation: ort.Tensor.DataLocation
  /** No tensor of weights may be larger. */
  readonly maxTensorBytes: number
  readonly rowBuffer: (nEmbd: number) => RowBuffer
  /** Resolves with the reason where the runtime ends by itself, be it while nothing runs: everything on it is gone. */
  readonly lost: Promise<Error>
  /** Gives everything back, sessions included. */
  close(): void
}

/** The WASM of this thread, for as long as the thread lives. */
export const WASM_RUNTIME: Runtime = {
  backend: 'wasm',
  executionProvider: 'wasm',
  rowsLocation: 'cpu',
  maxTensorBytes: Infinity,
  rowBuffer: (nEmbd) => new HeapRows(nEmbd),
  lost: new Promise(() => undefined),
  close: () => undefined,
}
