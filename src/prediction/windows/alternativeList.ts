import { elementAt } from '../../shared/elementAt'
import type { Alternative, Alternatives } from '../../shared/contracts/engine/prediction'

/** The alternatives of R rows as columns: 6 or 8 bytes each, where an object takes about 100. */
export interface AlternativeColumns {
  /** [R · topK] Most likely first. */
  readonly topIds: Uint16Array | Int32Array
  /** [R · topK] Raw logits. */
  readonly topLogits: Float32Array
  /** [R] In nats, at `temperature`. */
  readonly logSumExp: Float64Array
  readonly topK: number
  readonly temperature: number
}

export interface ColumnOptions extends Pick<AlternativeColumns, 'topK' | 'temperature'> {
  /** R */
  readonly rows: number
  /** V */
  readonly vocabularySize: number
}

/** Columns of zeros, to be filled. */
export function createColumns({
  rows,
  vocabularySize,
  topK,
  temperature,
}: ColumnOptions): AlternativeColumns {
  const count = rows * topK
  return {
    topIds: vocabularySize <= IDS_OF_16_BITS ? new Uint16Array(count) : new Int32Array(count),
    topLogits: new Float32Array(count),
    logSumExp: new Float64Array(rows),
    topK,
    temperature,
  }
}

/** GPT-2's vocabulary has 50,257. */
const IDS_OF_16_BITS = 2 ** 16

/**
 * The alternatives of one row of columns. Each read makes new objects, so that a long text does not keep them. The fields
 * are private to the language, so that tests compare two lists by their alternatives and not by their columns.
 */
export class AlternativeList implements Alternatives {
  readonly #columns: AlternativeColumns
  readonly #row: number

  constructor(columns: AlternativeColumns, row: number) {
    this.#columns = columns
    this.#row = row
  }

  get length(): number {
    return this.#columns.topK
  }

  at(index: number): Alternative | undefined {
    const k = index < 0 ? index + this.length : index
    return k >= 0 && k < this.length ? this.alternative(k) : undefined
  }

  slice(start?: number, end?: number): Alternative[] {
    return [...this].slice(start, end)
  }

  *[Symbol.iterator](): Iterator<Alternative> {
    for (let k = 0; k < this.length; k++) yield this.alternative(k)
  }

  /** Messages to the panel are JSON, in which the list is an array. */
  toJSON(): Alternative[] {
    return [...this]
  }

  private alternative(k: number): Alternative {
    const { topIds, topLogits, topK, logSumExp, temperature } = this.#columns
    const logit = elementAt(topLogits, this.#row * topK + k)
    return {
      tokenId: elementAt(topIds, this.#row * topK + k),
      logit,
      logProb: logProbOf(logit, { temperature, logSumExp: elementAt(logSumExp, this.#row) }),
    }
  }
}

/** Nats. The log-sum-exp is rounded to float32; without the bound a log-probability could exceed 0. */
export function logProbOf(
  logit: number,
  { temperature, logSumExp }: { readonly temperature: number; readonly logSumExp: number },
): number {
  return Math.min(0, logit / temperature - logSumExp)
}
