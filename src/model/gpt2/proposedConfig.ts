// Derives a configuration from the shapes of a checkpoint's tensors.
// C = nEmbd, I = nInner

import { MissingTensorsError, ModelConfigError } from '../../shared/errors'
import { quoted } from '../../shared/text/quoted'
import { type Activation, parseConfig } from './config'

/** The part of a `config.json` that the tensors' shapes determine. */
export interface ProposedConfig {
  readonly nLayer: number
  readonly nEmbd: number
  readonly nPositions: number
  readonly nInner: number
  readonly vocabSize: number
  readonly tied: boolean
  /** A guess: heads of 64 dimensions, as in every GPT-2, or the nearest number that divides nEmbd. */
  readonly nHead: number
}

/** The part that the user has to choose. */
export interface ChosenConfig {
  readonly nHead: number
  readonly activation: Activation
}

const DIMENSIONS_PER_HEAD = 64

/**
 * Derives the sizes from the shapes, given by GPT-2's own names of the tensors, in either layout.
 * @throws MissingTensorsError, ModelConfigError
 */
export function proposeConfig(
  shapes: ReadonlyMap<string, readonly number[]>,
  { tied }: { readonly tied: boolean },
): ProposedConfig {
  const [vocabSize, nEmbd] = matrixShape(shapes, 'wte.weight')
  const [nPositions] = matrixShape(shapes, 'wpe.weight')
  const [rows, columns] = matrixShape(shapes, 'h.0.mlp.c_fc.weight')
  return {
    nLayer: countLayers(shapes),
    nEmbd,
    nPositions,
    nInner: rows === nEmbd ? columns : rows,
    vocabSize,
    tied,
    nHead: nearestDivisor(nEmbd, nEmbd / DIMENSIONS_PER_HEAD),
  }
}

/**
 * The text of the `config.json`.
 * @throws ModelConfigError if such a model is not supported
 */
export function writeConfig(
  { nLayer, nEmbd, nPositions, nInner, vocabSize, tied }: ProposedConfig,
  { nHead, activation }: ChosenConfig,
): string {
  const json = JSON.stringify(
    {
      model_type: 'gpt2',
      activation_function: activation,
      layer_norm_epsilon: 1e-5,
      n_layer: nLayer,
      n_head: nHead,
      n_embd: nEmbd,
      n_positions: nPositions,
      n_inner: nInner === 4 * nEmbd ? null : nInner,
      vocab_size: vocabSize,
      tie_word_embeddings: tied,
    },
    undefined,
    2,
  )
  parseConfig(json)
  return `${json}\n`
}

function matrixShape(
  shapes: ReadonlyMap<string, readonly number[]>,
  name: string,
): readonly [rows: number, columns: number] {
  const shape = shapes.get(name)
  if (shape === undefined) throw new MissingTensorsError(`The weights lack ${name}. Is it a GPT-2 model?`)
  const [rows = 0, columns = 0] = shape
  if (shape.length !== 2 || rows === 0 || columns === 0) {
    throw new ModelConfigError(
      `${name} has the shape [${quoted(shape.join(', '))}], which no GPT-2 model has.`,
    )
  }
  return [rows, columns]
}

/** The last layer's number plus one. Missing layers in between are found when the tensors are checked. */
function countLayers(shapes: ReadonlyMap<string, readonly number[]>): number {
  const numbers = [...shapes.keys()].map((name) => Number(/^h\.(\d+)\./.exec(name)?.[1] ?? -1))
  return numbers.reduce((most, number) => Math.max(most, number + 1), 0)
}

function nearestDivisor(n: number, wanted: number): number {
  let nearest = 1
  for (let divisor = 1; divisor ** 2 <= n; divisor++) {
    if (n % divisor !== 0) continue
    for (const candidate of [divisor, n / divisor])
      if (Math.abs(candidate - wanted) < Math.abs(nearest - wanted)) nearest = candidate
  }
  return nearest
}
