// The layer norm before the LM head. C = nEmbd

import { type FloatType, toFloats } from '../../model/formats/floats'
import type { Checkpoint } from '../../model/gpt2/checkpoint'

export interface FinalNorm {
  /** [C] */
  readonly gain: Float32Array
  /** [C] */
  readonly bias: Float32Array
  readonly epsilon: number
}

/** Reads `ln_f` of a checkpoint in fp32. */
export async function readFinalNorm(checkpoint: Checkpoint): Promise<FinalNorm> {
  const floats = async (name: string) =>
    toFloats(new Uint8Array(await checkpoint.read(name)), checkpoint.weight(name).type as FloatType)
  const gain = await floats('ln_f.weight')
  return {
    gain,
    bias: checkpoint.hasBiases ? await floats('ln_f.bias') : new Float32Array(gain.length),
    epsilon: checkpoint.config.layerNormEpsilon,
  }
}
