// S tokens of this step, P cached tokens before them, Z rows of padding, C = nEmbd, L = nLayer, H = nHead

import type { Checkpoint } from '../../model/gpt2/checkpoint'
import { transformerGraph } from '../../model/graphs/gpt2Graphs'
import { NonFiniteLogitsError } from '../../shared/errors'
import type { Precision } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import type { Embeddings } from './embeddings'
import type { NewRows } from '../cache/prefixCache'
import { OrtSession } from '../runtime/ortSession'
import type { Runtime } from '../runtime/runtime'
import { type Tensor, type Tensors, tensor } from '../runtime/tensor'

/** Finite, because WGSL may assume that no value is infinite, and 0 · ∞ is NaN. */
const MASKED = -1e9
/**
 * Keys and values are padded with rows of zeros to a multiple of this. ONNX Runtime sums this many terms at a time and
 * the rest in another order, but a row must give the same sums in steps of any size: in int8 the last bit of a float
 * can decide to which integer a value is rounded.
 */
const PADDING_MULTIPLE = 4

/**
 * ONNX Runtime multiplies a single row by other code, which sums in another order. In fp32 that is a difference of 1e-5; in
 * int8 it decides to which integer a value is rounded, so a row is run with a repetition of itself.
 */
const MIN_STEP_ROWS: Record<Precision, number> = { fp32: 1, int8: 2 }

/** Rows of P cached tokens, by layer, [P, C] each. */
export interface CachedRows {
  readonly length: number
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
}

interface RunOptions {
  /** Positions that no later position attends to. */
  readonly knockedOut?: readonly number[]
}

interface Step extends RunOptions {
  readonly tokenIds: Int32Array
  readonly past: CachedRows
  /** Names of the outputs. */
  readonly outputs: readonly string[]
  /** Feeds that differ from those of an ordinary run. */
  readonly feeds?: Tensors
}

export interface ObservedRows extends NewRows {
  /** [S, L · C] The residual stream before each block. */
  readonly streams: Tensor
}

/** The parts that add up to one position of the residual stream. */
export interface PositionParts {
  /** [L + 1] The residual stream before each block and after the last one, [C] each. */
  readonly streams: readonly Float32Array[]
  /** [L] The output of each attention, [C] each. */
  readonly attended: readonly Float32Array[]
  /** [L · H · (P + 1)] Each head's contribution along the direction from each source position, without the bias of the values. */
  readonly sources: Float32Array
  /** [L] The contribution of the biases of values and output along the direction. */
  readonly attentionBias: Float32Array
}

/** All blocks of the model: tokens in, residual stream before `ln_f` out. */
export class Transformer {
  /** Output names by block. A magnitude is finite if and only if the block's output is. */
  private readonly magnitudes: string[]
  private readonly lastMagnitude: string
  private readonly rowNames: string[]

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly session: OrtSession,
    private readonly embeddings: Embeddings,
  ) {
    this.magnitudes = this.perLayer((i) => `magnitude.${i}`)
    this.lastMagnitude = elementAt(this.magnitudes, this.magnitudes.length - 1)
    this.rowNames = ['residual', ...this.byLayer('present', 'key'), ...this.byLayer('present', 'value')]
  }

  static async load(checkpoint: Checkpoint, embeddings: Embeddings, runtime: Runtime): Promise<Transformer> {
    const session = await OrtSession.create(transformerGraph(checkpoint), checkpoint, runtime)
    return new Transformer(checkpoint, session, embeddings)
  }

  /** Frees the session. No run may be under way. */
  release(): Promise<void> {
    return this.session.release()
  }

  /**
   * Runs the tokens [S] that follow P cached ones.
   * @throws NonFiniteLogitsError if the residual stream is not finite
   */
  async run(tokenIds: Int32Array, past: CachedRows, { knockedOut }: RunOptions = {}): Promise<NewRows> {
    return this.repeatedIfShort(tokenIds, async (step) => {
      const outputs = await this.runStep({ tokenIds: step, past, knockedOut, outputs: this.rowNames })
      return this.newRows(outputs)
    })
  }

  /**
   * The same, with the residual stream before each block.
   * @throws NonFiniteLogitsError
   */
  async runObserved(tokenIds: Int32Array, past: CachedRows): Promise<ObservedRows> {
    return this.repeatedIfShort(tokenIds, async (step) => {
      const outputs = await this.runStep({
        tokenIds: step,
        past,
        outputs: [...this.rowNames, 'streams'],
        feeds: { observed: tensor.bool(true) },
      })
      return { ...this.newRows(outputs), streams: outputNamed(outputs, 'streams') }
    })
  }

  /**
   * Runs one token after P cached ones and gives the parts of its residual stream, of a model in fp32.
   * @param direction [C]
   * @throws NonFiniteLogitsError
   */
  async runAttributed(tokenId: number, past: CachedRows, direction: Float32Array): Promise<PositionParts> {
    const names = ['streams', 'residual', 'attended', 'sources', 'attentionBias'] as const
    const outputs = await this.runStep({
      tokenIds: Int32Array.of(tokenId),
      past,
      outputs: names,
      feeds: {
        observed: tensor.bool(true),
        attributed: tensor.bool(true),
        direction: tensor.float32(direction, [direction.length, 1]),
      },
    })
    const C = direction.length
    const floats = async (name: (typeof names)[number]) =>
      (await outputNamed(outputs, name).getData(true)) as Float32Array
    const rows = (all: Float32Array) =>
      Array.from({ length: all.length / C }, (_, i) => all.subarray(i * C, (i + 1) * C))
    const attentionBias = await floats('attentionBias')
    return {
      streams: [...rows(await floats('streams')), await floats('residual')],
      attended: rows(await floats('attended')),
      sources: await floats('sources'),
      attentionBias: this.checkpoint.hasBiases ? attentionBias : new Float32Array(this.magnitudes.length),
    }
  }

  /** Runs a step that has too few rows with repetitions of its last row, and gives the rows of the step alone. */
  private async repeatedIfShort<Rows extends NewRows & Partial<ObservedRows>>(
    tokenIds: Int32Array,
    run: (tokenIds: Int32Array) => Promise<Rows>,
  ): Promise<Rows> {
    const minRows = MIN_STEP_ROWS[this.checkpoint.precision]
    if (tokenIds.length >= minRows) return run(tokenIds)
    // Causal attention: what follows a row does not change it.
    const repeated = new Int32Array(minRows).fill(elementAt(tokenIds, tokenIds.length - 1))
    repeated.set(tokenIds)
    const rows = await run(repeated)
    const first = (all: Tensor) => firstRows(all, tokenIds.length)
    return {
      ...rows,
      residual: first(rows.residual),
      keys: rows.keys.map(first),
      values: rows.values.map(first),
      ...(rows.streams !== undefined && { streams: first(rows.streams) }),
    }
  }

  /** Runs the graph and gives these outputs of it. */
  private async runStep({
    tokenIds,
    past,
    knockedOut = [],
    outputs: names,
    feeds: more,
  }: Step): Promise<Tensors> {
    const { nEmbd, nPositions } = this.checkpoint.config
    const S = tokenIds.length
    const P = past.length
    const Z = (PADDING_MULTIPLE - ((P + S) % PADDING_MULTIPLE)) % PADDING_MULTIPLE
    const positions = Int32Array.from(tokenIds, (_, s) => Math.min(P + s, nPositions - 1))
    const x = await this.embeddings.rows(tokenIds, positions)
    const feeds: Tensors = {
      x,
      mask: tensor.float32(attentionMask({ S, P, Z, knockedOut }), [S, P + S + Z]),
      padding: tensor.float32(new Float32Array(Z * nEmbd), [Z, nEmbd]),
      observed: tensor.bool(false),
      ...(this.checkpoint.precision === 'fp32' && {
        attributed: tensor.bool(false),
        direction: tensor.float32(new Float32Array(0), [0, 1]),
      }),
      ...more,
    }
    this.byLayer('past', 'key').forEach((name, i) => (feeds[name] = elementAt(past.keys, i)))
    this.byLayer('past', 'value').forEach((name, i) => (feeds[name] = elementAt(past.values, i)))
    try {
      const outputs = await this.session.run(feeds, [this.lastMagnitude, ...names])
      if (isFinite(outputNamed(outputs, this.lastMagnitude))) return outputs
      for (const output of Object.values(outputs)) output.dispose()
      throw await this.notFinite(feeds)
    } finally {
      x.dispose()
    }
  }

  private newRows(outputs: Tensors): NewRows {
    return {
      residual: outputNamed(outputs, 'residual'),
      keys: this.byLayer('present', 'key').map((name) => outputNamed(outputs, name)),
      values: this.byLayer('present', 'value').map((name) => outputNamed(outputs, name)),
    }
  }

  /** Runs the step again with the magnitude of every block, to name the first damaged one. */
  private async notFinite(feeds: Tensors): Promise<NonFiniteLogitsError> {
    const outputs = await this.session.run(feeds, this.magnitudes)
    const block = this.magnitudes.findIndex((name) => !isFinite(outputNamed(outputs, name)))
    return new NonFiniteLogitsError(
      `The output is not a finite number from block ${block} onward: the model’s weights are damaged, or its training diverged.`,
    )
  }

  private byLayer(kind: 'past' | 'present', part: 'key' | 'value'): string[] {
    return this.perLayer((i) => `${kind}.${i}.${part}`)
  }

  private perLayer(name: (i: number) => string): string[] {
    return Array.from({ length: this.checkpoint.config.nLayer }, (_, i) => name(i))
  }
}

function outputNamed(outputs: Tensors, name: string): Tensor {
  const output = outputs[name]
  if (output === undefined) throw new Error(`the graph has no output ${name}`)
  return output
}

/** The first rows [count, C] of a tensor in the heap, without a copy. */
function firstRows({ data, dims }: Tensor, count: number): Tensor {
  const nEmbd = elementAt(dims, 1)
  return tensor.float32((data as Float32Array).subarray(0, count * nEmbd), [count, nEmbd])
}

function isFinite(magnitude: Tensor): boolean {
  return (magnitude.data as Float32Array).every(Number.isFinite)
}

interface MaskShape {
  readonly S: number
  readonly P: number
  readonly Z: number
  readonly knockedOut: readonly number[]
}

/** [S, T], T = P + S + Z: the token at P + s attends to the tokens up to itself, and to no knocked-out one before it. */
function attentionMask({ S, P, Z, knockedOut }: MaskShape): Float32Array {
  const T = P + S + Z
  const mask = new Float32Array(S * T)
  for (let s = 0; s < S; s++) {
    mask.fill(MASKED, s * T + P + s + 1, (s + 1) * T)
    for (const position of knockedOut) if (position < P + s) mask[s * T + position] = MASKED
  }
  return mask
}
