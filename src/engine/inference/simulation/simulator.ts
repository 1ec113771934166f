// S tokens, R rows, C = nEmbd, V = tokens of the vocabulary

import type { Checkpoint } from '../../../model/gpt2/checkpoint'
import { simulatedBlocksGraph, simulatedEndsGraph } from '../../../model/graphs/defectGraph'
import type { Gpt2Variant, HiddenRows, SimulatedModel } from '../../../shared/contracts/engine/simulation'
import { elementAt } from '../../../shared/elementAt'
import { OrtSession } from '../../runtime/ortSession'
import type { Runtime } from '../../runtime/runtime'
import { type Tensor, type Tensors, tensor } from '../../runtime/tensor'
import { blockFeeds, headFeeds, positionFeeds } from './variantFeeds'

/** GPT-2 with any of the differences of a `Gpt2Variant`, on whole sequences. */
export class Simulator {
  private constructor(
    readonly model: SimulatedModel,
    private readonly checkpoint: Checkpoint,
    private readonly blocks: OrtSession,
    private readonly ends: OrtSession,
  ) {}

  /** @throws OutOfMemoryError, InferenceError */
  static async load(checkpoint: Checkpoint, model: SimulatedModel, runtime: Runtime): Promise<Simulator> {
    // The largest matrix first, so that its read buffer is free again when the blocks are loaded.
    const ends = await OrtSession.create(simulatedEndsGraph(checkpoint), checkpoint, runtime)
    const blocks = await OrtSession.create(simulatedBlocksGraph(checkpoint), checkpoint, runtime)
    return new Simulator(model, checkpoint, blocks, ends)
  }

  /** The stream [S · C] after the last block. */
  async residual(tokenIds: Int32Array, variant: Gpt2Variant): Promise<Float32Array> {
    const x = await this.embeddings(tokenIds, variant)
    const { residual } = await this.blocks.run(this.feedsOf(x, variant, 0), ['residual'])
    return floats(residual)
  }

  /** The outputs of all sub-blocks and blocks of GPT-2 itself, [S · C] each, in order. */
  async hiddenRows(tokenIds: Int32Array): Promise<HiddenRows[]> {
    const x = await this.embeddings(tokenIds, {})
    const names = Array.from({ length: this.checkpoint.config.nLayer }, (_, i) =>
      ['attn', 'mlp'].map((part) => `h.${i}.${part}`).concat(`h.${i}`),
    ).flat()
    const outputs = await this.blocks.run(this.feedsOf(x, {}, 0), names)
    return names.map((name) => ({ name, values: floats(elementOf(outputs, name)) }))
  }

  /** The output [S · C] of the attention or MLP of block i, from any input [S · C] of it. */
  async subBlock(i: number, part: 'attn' | 'mlp', input: Float32Array): Promise<Float32Array> {
    const { nEmbd } = this.checkpoint.config
    const x = tensor.float32(input, [input.length / nEmbd, nEmbd])
    const name = `h.${i}.${part}`
    const outputs = await this.blocks.run(this.feedsOf(x, {}, 2 * i + (part === 'attn' ? 0 : 1)), [name])
    return floats(elementOf(outputs, name))
  }

  /** `ln_f` and the head of stream rows [R · C]: the normalized rows [R · C] and raw logits [R · V]. */
  async head(
    rows: Float32Array,
    variant: Gpt2Variant,
  ): Promise<{ readonly normalized: Float32Array; readonly logits: Float32Array }> {
    const { nEmbd } = this.checkpoint.config
    const feeds = {
      tokenIds: tensor.int32(new Int32Array(0), [0]),
      positions: tensor.int32(new Int32Array(0), [0]),
      positionFactor: tensor.float32(Float32Array.of(1), [1]),
      hasRows: tensor.bools([true]),
      residual: tensor.float32(rows, [rows.length / nEmbd, nEmbd]),
      ...headFeeds(variant, this.checkpoint.config),
    }
    const { normalized, logits } = await this.ends.run(feeds, ['normalized', 'logits'])
    return { normalized: floats(normalized), logits: floats(logits) }
  }

  private async embeddings(tokenIds: Int32Array, variant: Gpt2Variant): Promise<Tensor> {
    const { config } = this.checkpoint
    const feeds = {
      tokenIds: tensor.int32(tokenIds, [tokenIds.length]),
      ...positionFeeds(variant, config, tokenIds.length),
      hasRows: tensor.bools([false]),
      residual: tensor.float32(new Float32Array(0), [0, config.nEmbd]),
      ...headFeeds(variant, config),
    }
    return (await this.ends.run(feeds, ['x'])).x
  }

  private feedsOf(x: Tensor, variant: Gpt2Variant, start: number): Tensors {
    return {
      x,
      start: tensor.int32(Int32Array.of(start), [1]),
      ...blockFeeds(variant, this.checkpoint.config, elementAt(x.dims, 0)),
    }
  }
}

function elementOf(outputs: Tensors, name: string): Tensor {
  const output = outputs[name]
  if (output === undefined) throw new Error(`the graph has no output ${name}`)
  return output
}

function floats(output: Tensor): Float32Array {
  if (output.data instanceof Float32Array) return output.data
  throw new Error(`the output is ${output.type}`)
}
