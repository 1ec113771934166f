/** An implementation that is measured. Each runs in its own process, so that its memory can be measured. */
export interface Candidate {
  /** Each method does the whole job and resolves when its results are complete. */
  readonly methods: Readonly<Partial<Record<Method, (tokenIds: Int32Array) => Promise<unknown>>>>
  /** The process that has the model, if it is another one. */
  readonly pid?: number
}

export type Method =
  /** Top 10, log-sum-exp, entropy and the next token's rank of every position. */
  | 'inspect'
  /** The same for the last position; results of earlier calls may be cached. */
  | 'inspectLast'
  /** The same for the second half; results of earlier calls may be cached. */
  | 'inspectSecondHalf'
  /** All logits of every position, without any reduction. */
  | 'logits'
  /** 32 tokens, greedy. */
  | 'generate'

/** The settings of a candidate. */
export interface CandidateSettings {
  readonly name: string
  /** The folder of `config.json` and `model.safetensors`. */
  readonly modelFolder: string
  /** The folder of the same weights in the usual layout of an ONNX export, with `onnx/model.onnx`. */
  readonly standardFolder: string
  readonly assetsFolder: string
  /** Absolute path of `onnxruntime.cjs` of Logitscope Native. */
  readonly nativeLibrary: string
  /** The folder of the node_modules of `bench/peers`. */
  readonly peersFolder: string
  readonly chromium: string
  readonly threads: number
}

export const TOP_K = 10
export const GENERATED_TOKENS = 32

/** The target of each row: the token after it; −1 for the last row. */
export function targetsOf(tokenIds: Int32Array): Int32Array {
  return Int32Array.of(...tokenIds.subarray(1), -1)
}
