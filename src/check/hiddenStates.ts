// Saved hidden states beside the model's. S rows, C = nEmbd

import type { HiddenStates, SubBlock } from '../files/logits/logitsFile'
import { roundingOfValues } from '../files/representation/floatSteps'
import type { Rounding } from '../files/representation/representation'
import type { CheckedSubBlock, SubBlockMismatch } from '../shared/contracts/check/checkResult'
import type { HiddenRows, SimulatedModel, SimulationApi } from '../shared/contracts/engine/simulation'
import { elementAt } from '../shared/elementAt'
import { InvalidRequestError } from '../shared/errors'

export interface ComparedHidden {
  readonly subBlocks: readonly CheckedSubBlock[]
  readonly mismatch: SubBlockMismatch | null
  /** Whether the stream after the last block is there and right. */
  readonly isLastRight: boolean
}

export interface HiddenToCompare {
  /** All of its rows are of the input. */
  readonly hidden: HiddenStates
  /** [S] The input of the model. */
  readonly tokenIds: Int32Array
  /** The row of the input that the first saved row belongs to. */
  readonly firstRow: number
}

/** Values of a mismatch that are shown. */
const SHOWN_VALUES = 5

/**
 * The tolerance for float32 arithmetic over all layers and for rounding: parts of the value and of ten times the row's mean
 * magnitude. Not of the largest value: GPT-2 has a few dimensions that are a thousand times as large as the rest.
 */
const TOLERANCES: Readonly<Record<Rounding, number>> = {
  float32: 3e-5,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
}
const ROW_MEANS = 10

/**
 * Compares every saved state in the model's order. The expected output of the first wrong sub-block is computed from the
 * file's own input of it, where the file has that, so that nothing before it counts.
 * @throws InvalidRequestError if the states are not those of the model; CancelledError, FileChangedError, ArrayFileError
 */
export async function compareHidden(
  { hidden, tokenIds, firstRow }: HiddenToCompare,
  model: SimulatedModel,
  api: SimulationApi,
): Promise<ComparedHidden> {
  if (hidden.width !== model.nEmbd || hidden.layers > model.nLayer) {
    throw new InvalidRequestError(
      `The hidden states have ${hidden.layers} layers of ${hidden.width} values, and ${model.id} has ${model.nLayer} of ${model.nEmbd}. Choose the model of the file.`,
    )
  }
  const { blocks } = await api.hiddenStates({ tokenIds })
  const { rows } = hidden
  const saved = new SavedStates(hidden)
  const subBlocks: CheckedSubBlock[] = []
  let mismatch: SubBlockMismatch | null = null
  let isLastRight = false
  for (const reference of blocks) {
    const found = await saved.read(reference.name)
    if (found === undefined) continue
    const expected = reference.values.subarray(firstRow * model.nEmbd, (firstRow + rows) * model.nEmbd)
    subBlocks.push({ name: reference.name, maxAbsDelta: furthest(found, expected).delta })
    const isRight = areSame(found, expected, model.nEmbd)
    if (reference === blocks.at(-1)) isLastRight = isRight
    if (isRight || mismatch !== null) continue
    const own =
      firstRow === 0 && rows === tokenIds.length ? await expectedFrom(saved, reference, api) : undefined
    mismatch = mismatchOf({
      name: reference.name,
      found,
      expected: own ?? expected,
      C: model.nEmbd,
      firstRow,
    })
  }
  return { subBlocks, mismatch, isLastRight }
}

/** The states of a file, as flat arrays [rows · C]. */
class SavedStates {
  constructor(private readonly hidden: HiddenStates) {}

  /** Undefined if the file does not have it. */
  async read(name: string): Promise<Float32Array | undefined> {
    const { layer, part } = placeOf(name)
    if (!this.hidden.has(layer, part)) return undefined
    const { rows, width } = this.hidden
    const all = new Float32Array(rows * width)
    for (let row = 0; row < rows; row++) all.set(await this.hidden.readRow(layer, part, row), row * width)
    return all
  }
}

/** The output of a sub-block for the file's own input; undefined if the file does not have that input. */
async function expectedFrom(
  saved: SavedStates,
  { name }: HiddenRows,
  api: SimulationApi,
): Promise<Float32Array | undefined> {
  const { layer, part } = placeOf(name)
  const before = layer === 0 ? undefined : await saved.read(`h.${layer - 1}`)
  const attended = await saved.read(`h.${layer}.attn`)
  if (before === undefined) return undefined
  if (part === 'attn') return api.subBlock({ name, input: before })
  if (attended === undefined) return undefined
  const afterAttention = before.map((value, i) => value + elementAt(attended, i))
  if (part === 'mlp') return api.subBlock({ name, input: afterAttention })
  const mlp = await saved.read(`h.${layer}.mlp`)
  return mlp?.map((value, i) => value + elementAt(afterAttention, i))
}

function placeOf(name: string): { readonly layer: number; readonly part: SubBlock } {
  const [, layer = '', part = 'residual'] = name.split('.')
  return { layer: Number(layer), part: part === 'attn' || part === 'mlp' ? part : 'residual' }
}

function furthest(
  found: Float32Array,
  expected: Float32Array,
): { readonly delta: number; readonly place: number } {
  let [delta, place] = [0, 0]
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(elementAt(found, i) - elementAt(expected, i))
    if (difference <= delta) continue
    delta = Number.isNaN(difference) ? Infinity : difference
    place = i
    if (delta === Infinity) break
  }
  return { delta, place }
}

/** Whether rows [S, C] are equal within the tolerance of the file's rounding. */
function areSame(found: Float32Array, expected: Float32Array, C: number): boolean {
  const tolerance = TOLERANCES[roundingOfValues(found)]
  for (let start = 0; start < found.length; start += C) {
    const row = expected.subarray(start, start + C)
    const mean = row.reduce((sum, value) => sum + Math.abs(value), 0) / C
    const isSame = row.every(
      (value, c) =>
        Math.abs(elementAt(found, start + c) - value) <= tolerance * (Math.abs(value) + ROW_MEANS * mean),
    )
    if (!isSame) return false
  }
  return true
}

function mismatchOf({
  name,
  found,
  expected,
  C,
  firstRow,
}: {
  readonly name: string
  readonly found: Float32Array
  readonly expected: Float32Array
  readonly C: number
  readonly firstRow: number
}): SubBlockMismatch {
  const row = Math.floor(furthest(found, expected).place / C)
  const shown = (values: Float32Array) => [...values.subarray(row * C, row * C + SHOWN_VALUES)]
  return { name, row: firstRow + row, found: shown(found), expected: shown(expected) }
}
