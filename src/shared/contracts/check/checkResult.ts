// The result of checking saved logits against the model. V = tokens of the vocabulary, n = rows of the file.

import type { ComparisonSummary } from '../panel/comparisonSummary'
import type { Backend, Precision } from '../engine/prediction'

/** The mistakes that a check can name, in the order in which they are tried. */
export const DEFECTS = [
  'heads-merged',
  'no-attention-scale',
  'wrong-attention-scale',
  'no-causal-mask',
  'mask-inverted',
  'mask-off-by-one',
  'mask-after-softmax',
  'post-ln',
  'residual',
  'activation',
  'position-offset',
  'softmax-axis',
  'qkv-order',
  'dropout',
  'layer-norm-unbiased',
  'layer-norm-epsilon',
  'conv1d-transposed',
  'no-ln-f',
  'double-ln-f',
  'head-untied',
  'head-transposed',
  'head-bias',
  'no-qkv-bias',
] as const
export type Defect = (typeof DEFECTS)[number]

/** `ambiguous`: several mistakes fit equally. `different`: no known mistake fits. */
export type CheckVerdict = 'equal' | 'defect' | 'ambiguous' | 'different'

/** How the array is stored in the file. */
export interface CheckedFile {
  /** The format's own name: `<f4`, `|V2`, `BF16`. */
  readonly dtype: string
  /** As stored: `[n, V]`, `[1, n, V]`, `[V]`, … */
  readonly shape: readonly number[]
  readonly order: 'C' | 'F'
  /** Sentences about what the file is and how it was read; they also explain what looks wrong and is not. */
  readonly remarks: readonly string[]
}

/** The form in which the file has its numbers. All of it is undone before they are compared. */
export interface Representation {
  readonly kind: 'logits' | 'log-probabilities' | 'probabilities'
  /** Each row is shifted by a constant of its own. */
  readonly centred: boolean
  /** The rows are those of an input that begins with `<|endoftext|>`. */
  readonly startToken: boolean
  /** The row of the model's input that the file's first row belongs to. */
  readonly firstRow: number
  readonly transposed: boolean
  /** The coarsest type that has all of the file's values, independent of the type they are stored in. */
  readonly rounding: 'float32' | 'float16' | 'bfloat16'
}

/** Mistakes that occur together, and how well they explain the file. */
export interface DefectCandidate {
  readonly defects: readonly Defect[]
  /** The difference that remains between the file and the simulated mistakes; in log-probabilities, nats. */
  readonly residualNats: number
}

/** The JSON object of `logitscope check`. */
export interface CheckReport {
  /** Registry id, or the folder's name. */
  readonly model: string
  readonly backend: Backend
  readonly precision: Precision
  /** Differences of the model from OpenAI's own files and how they were handled. */
  readonly remarks: readonly string[]
  /** Whether the model's input began with `<|endoftext|>`. */
  readonly bos: boolean
  readonly file: CheckedFile
  readonly representation: Representation
  readonly verdict: CheckVerdict
  /** The named mistakes; empty unless the verdict is `defect`. */
  readonly defects: readonly Defect[]
  /** Best first. */
  readonly candidates: readonly DefectCandidate[]
  /** One or a few sentences: what the verdict follows from. */
  readonly evidence: string
  /** Largest difference of two log-probabilities. */
  readonly maxAbsDeltaNats: number
  /**
   * The first row of the model's input, start token included, whose difference exceeds the tolerance of the file's
   * rounding; null if no row does.
   */
  readonly firstPosition: number | null
  /** `h.3.attn`, `h.3.mlp` or `h.3`; null if none differs or the file has no hidden states. */
  readonly firstSubBlock: string | null
  readonly summary: ComparisonSummary
}

/** One row of the file beside the model's. */
export interface CheckedRow {
  /** Row of the model's input, start token included. */
  readonly row: number
  /** The token at this row of the input; the row's logits predict the token after it. */
  readonly tokenId: number
  /** Largest difference of two log-probabilities. */
  readonly maxAbsDeltaNats: number
  /** KL(model ‖ file) in nats. */
  readonly klNats: number
  readonly sameTop: boolean
}

/** One array of hidden states of the file beside the model's. */
export interface CheckedSubBlock {
  /** `h.3.attn`, `h.3.mlp` or `h.3`. */
  readonly name: string
  readonly maxAbsDelta: number
}

/** Values of the first sub-block that differs, computed from the file's own input of it. */
export interface SubBlockMismatch {
  readonly name: string
  /** Row of the model's input with the largest difference. */
  readonly row: number
  /** The first few values of that row: what the file has, and what the sub-block makes of its input. */
  readonly found: readonly number[]
  readonly expected: readonly number[]
}

/** A step by which the user gets a more specific verdict from a check. */
export type CheckAdvice =
  /** Save a second run of the same code: two runs with dropout differ. */
  | 'second-run'
  /** Save in float32: the file's rounding hides the difference between the candidates. */
  | 'float32'
  /** Save hidden states too: they show the first sub-block that differs. */
  | 'hidden-states'

/** The report and what a view shows besides it. */
export interface CheckResult {
  readonly report: CheckReport
  readonly advice: readonly CheckAdvice[]
  /** The largest difference that the file's rounding explains; nats. */
  readonly toleranceNats: number
  /** [n] In the order of the file. */
  readonly rows: readonly CheckedRow[]
  /** In the order of the model; empty without hidden states. */
  readonly subBlocks: readonly CheckedSubBlock[]
  readonly mismatch: SubBlockMismatch | null
}
