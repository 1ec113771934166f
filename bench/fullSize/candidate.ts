/** Somebody who does the job that is measured; each in a process of its own, so that memory can be told apart. */
export interface Candidate {
  /** Every method does the whole thing and resolves when its results are there. */
  readonly methods: Readonly<Partial<Record<Method, (tokenIds: Int32Array) => Promise<unknown>>>>
}

export type Method =
  /** Top 10, log-sum-exp, entropy and the next token's rank of every position. */
  | 'inspect'
  /** The same of the last position; what came before may be remembered. */
  | 'inspectLast'
  /** The same of the second half; what came before may be remembered. */
  | 'inspectSecondHalf'
  /** All logits of every position, and nothing read off them. */
  | 'logits'
  /** 32 tokens, each the most likely. */
  | 'generate'

/** What every candidate is told. */
export interface CandidateSettings {
  readonly name: string
  /** `config.json` and `model.safetensors`. */
  readonly modelFolder: string
  /** The same weights as exporters lay them out, beside `onnx/model.onnx`. */
  readonly standardFolder: string
  readonly assetsFolder: string
  /** Has the node_modules of `bench/peers`. */
  readonly peersFolder: string
  readonly chromium: string
  readonly threads: number
}

export const TOP_K = 10
export const GENERATED_TOKENS = 32

/** What scores each token: the row before it; the last row scores none. */
export function targetsOf(tokenIds: Int32Array): Int32Array {
  return Int32Array.of(...tokenIds.subarray(1), -1)
}
