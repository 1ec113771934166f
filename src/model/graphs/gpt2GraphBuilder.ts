// S tokens of this chunk, P cached tokens before it, C = nEmbd, V = 50257, R rows of the residual stream

import { type ExternalPlace, GraphBuilder, type Value } from '../../onnx/graphBuilder'
import type { Checkpoint } from '../gpt2/checkpoint'
import type { Gpt2Config } from '../gpt2/config'
import { int8Layer, isInt8Layer } from './int8Layer'

export interface ModelGraph {
  readonly name: string
  readonly model: Uint8Array
  /** Names of the checkpoint's tensors that the graph uses as external data. */
  readonly weights: readonly string[]
  /** Names of the outputs that are fed to further runs, so that they can stay in the runtime. */
  readonly rows: readonly string[]
}

/** Keys and values of the cached tokens, [P, C] each. */
export interface PastRows {
  readonly key: Value
  readonly value: Value
}

/** The factor of the attention scores of block i. */
export function attentionScale({ nEmbd, nHead, scaleAttnByInverseLayerIdx }: Gpt2Config, i: number): number {
  return 1 / Math.sqrt(nEmbd / nHead) / (scaleAttnByInverseLayerIdx ? i + 1 : 1)
}

/** Rows [first, end) of a matrix [V, C]. */
interface Part {
  readonly first: number
  readonly end: number
  readonly matrix: Value
}

/** A graph builder that adds the checkpoint's tensors by name. */
export class Gpt2GraphBuilder extends GraphBuilder {
  private readonly floatWeights = new Map<string, Value>()
  private readonly usedWeights = new Set<string>()
  private readonly rowsOutputs: string[] = []

  constructor(
    readonly checkpoint: Checkpoint,
    private readonly maxTensorBytes = Infinity,
  ) {
    super()
  }

  /** The tensor as float32, from any stored type. ONNX Runtime folds the cast when it creates the session. */
  weight(name: string): Value {
    const known = this.floatWeights.get(name)
    if (known !== undefined) return known
    const { type } = this.checkpoint.weight(name)
    const stored = this.stored(name)
    const floats = type === 'float32' ? stored : this.cast(stored, 'float32')
    this.floatWeights.set(name, floats)
    return floats
  }

  /** The tensor in its stored type. */
  stored(name: string): Value {
    const { type, shape, byteLength } = this.checkpoint.weight(name)
    this.usedWeights.add(name)
    return this.external(name, type, shape, byteLength, this.externalPlace(name))
  }

  /** A file that the runtime maps, or the tensor's own name, under which it gets the bytes. */
  private externalPlace(name: string): ExternalPlace {
    const { place } = this.checkpoint.weight(name)
    if (this.checkpoint.mappedFolder === undefined) return { location: name, offset: 0 }
    if (place === undefined) throw new Error(`${name} is in no file`)
    return { location: place.file, offset: place.offset }
  }

  /** Rows of a matrix [V, C] as float32: indices [S] → [S, C] */
  rows(name: string, indices: Value): Value {
    // In int8 the head has its own matrix, so only the gathered rows are converted.
    if (this.checkpoint.precision === 'int8')
      return this.cast(this.op('Gather', [this.stored(name), indices]), 'float32')
    const parts = this.parts(name)
    const [whole] = parts
    if (parts.length === 1 && whole !== undefined) return this.op('Gather', [whole.matrix, indices])
    return this.rowsOfParts(parts, indices)
  }

  /** From the normalized stream [R, C] to logits [R, V], without a bias: by `wte`, or by the checkpoint's own head. */
  projection(): (x: Value) => Value {
    if (isInt8Layer(this.checkpoint, 'lm_head')) return int8Layer(this, 'lm_head')
    const parts = this.parts(this.checkpoint.config.tied ? 'wte.weight' : 'lm_head.weight')
    return (x) => {
      const logits = parts.map(({ matrix }) => this.op('Gemm', [x, matrix], { transB: 1 }))
      const [whole] = logits
      return logits.length === 1 && whole !== undefined ? whole : this.concat(1, ...logits)
    }
  }

  /** [S] → [S, C]: gathers from every part (its first row for indices of other parts) and selects by index. */
  private rowsOfParts(parts: readonly Part[], indices: Value): Value {
    const zero = this.int32s([0])
    return parts
      .map(({ first, end, matrix }) => {
        const isIn = this.op('And', [
          this.op('GreaterOrEqual', [indices, this.int32s([first])]),
          this.op('Less', [indices, this.int32s([end])]),
        ])
        const own = this.op('Where', [isIn, this.sub(indices, this.int32s([first])), zero])
        return { isIn: this.op('Unsqueeze', [isIn, this.ints([-1])]), rows: this.op('Gather', [matrix, own]) }
      })
      .reduce<Value>((x, { isIn, rows }) => this.op('Where', [isIn, rows, x]), this.float(0))
  }

  /** A matrix [V, C] as float32, split between rows into tensors of at most `maxTensorBytes`. */
  private parts(name: string): Part[] {
    const { type, shape, byteLength } = this.checkpoint.weight(name)
    const [V = NaN, C = NaN] = shape
    const rowsOfPart = Math.floor(this.maxTensorBytes / (C * Float32Array.BYTES_PER_ELEMENT))
    if (rowsOfPart >= V) return [{ first: 0, end: V, matrix: this.weight(name) }]
    this.usedWeights.add(name)
    const place = this.externalPlace(name)
    return Array.from({ length: Math.ceil(V / rowsOfPart) }, (_, i) => {
      const first = i * rowsOfPart
      const end = Math.min(first + rowsOfPart, V)
      const offset = (first * byteLength) / V
      const stored = this.external(`${name}.${i}`, type, [end - first, C], (end * byteLength) / V - offset, {
        location: place.location,
        offset: place.offset + offset,
      })
      return { first, end, matrix: type === 'float32' ? stored : this.cast(stored, 'float32') }
    })
  }

  /** x [S, in] · weight + bias [out]; the weight is [in, out], in Linear layout [out, in]. */
  linear(name: string, x: Value): Value {
    if (isInt8Layer(this.checkpoint, name)) return int8Layer(this, name)(x)
    return this.op('Gemm', [x, ...this.weightAndBias(name)], {
      transB: this.checkpoint.layout === 'Linear' ? 1 : 0,
    })
  }

  layerNorm(name: string, x: Value): Value {
    return this.op('LayerNormalization', [x, ...this.weightAndBias(name)], {
      axis: -1,
      epsilon: { float: this.checkpoint.config.layerNormEpsilon },
    })
  }

  /** The inputs of a layer or a layer norm; models may lack biases. */
  private weightAndBias(name: string): Value[] {
    const weight = this.weight(`${name}.weight`)
    return this.checkpoint.hasBiases ? [weight, this.weight(`${name}.bias`)] : [weight]
  }

  /** The feeds of the cached rows of block i. */
  past(i: number): PastRows {
    const rows = (part: 'key' | 'value') =>
      this.input(`past.${i}.${part}`, 'float32', ['P', this.checkpoint.config.nEmbd])
    return { key: rows('key'), value: rows('value') }
  }

  present(i: number, part: 'key' | 'value', rows: Value): void {
    this.rowsOutput(`present.${i}.${part}`, rows)
  }

  /** Declares an output [S, columns], by default [S, C], that is fed to further runs. */
  rowsOutput(name: string, rows: Value, columns = this.checkpoint.config.nEmbd): void {
    this.rowsOutputs.push(name)
    this.output(name, rows, 'float32', ['S', columns])
  }

  finish(name: string): ModelGraph {
    return { name, model: this.build(), weights: [...this.usedWeights], rows: this.rowsOutputs }
  }
}
