// Saved hidden states: h.{i}.attn, h.{i}.mlp and h.{i}. R rows, C = nEmbd

import { elementAt } from '../../shared/elementAt'
import { quoted } from '../../shared/text/quoted'
import { ArrayRows, isFloatArray, longAxes, type RowLayout } from '../arrays/arrayRows'
import { openArrays } from '../arrays/openArrays'
import { RowBlocks } from '../arrays/rowBlocks'
import type { ArrayEntry } from '../arrays/storedArray'
import { ArrayFileError } from '../source/errors'
import { type FileSource, readUnchanged } from '../source/fileSource'
import { type HiddenStates, hiddenStateName, type SubBlock } from './logitsFile'
import { requireMatrix, shapeRemark, shapeText } from './storedShape'

/** Layers beyond this are not looked for; gpt2-xl has 48. */
const MAX_LAYERS = 100
const SUB_BLOCKS: readonly SubBlock[] = ['attn', 'mlp', 'residual']

/**
 * Opens a file of hidden states. The caller closes the source.
 * @throws ArrayFileError, FileChangedError
 */
export function openHidden(source: FileSource): Promise<HiddenStates> {
  return readUnchanged(source, async () => {
    const states = hiddenStatesAmong(await openArrays(source), source, new RowBlocks())
    if (states !== undefined) return states
    const [attn, mlp, residual] = SUB_BLOCKS.map((subBlock) => hiddenStateName(0, subBlock))
    throw new ArrayFileError(
      `${quoted(source.name)} has no hidden states. Name the arrays of block 0 ${attn}, ${mlp} and ${residual}, and so on.`,
    )
  })
}

/**
 * The hidden states among the arrays of a file; undefined if it has none.
 * @throws ArrayFileError if their shapes are not [R, C], with the same R and C for all
 */
export function hiddenStatesAmong(
  entries: readonly ArrayEntry[],
  source: FileSource,
  blocks: RowBlocks,
): HiddenStates | undefined {
  const layouts = new Map<string, RowLayout>()
  const states = new Map<string, ArrayRows>()
  let remark: string | undefined
  let layers = 0
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    for (const subBlock of SUB_BLOCKS) {
      const name = hiddenStateName(layer, subBlock)
      const entry = entries.find((candidate) => candidate.name === name)
      if (entry === undefined) continue
      const { array, layout } = matrixOf(entry, source.name)
      layouts.set(name, layout)
      states.set(name, new ArrayRows(array, layout, blocks))
      if (array.shape.length > 2)
        remark ??= shapeRemark(array.shape, placeOf(name, source.name), {
          count: layout.rows.length,
          noun: 'row',
        })
      layers = layer + 1
    }
  }
  if (states.size === 0) return undefined
  const { rows, width } = commonSize(layouts, source.name)
  return {
    rows,
    width,
    layers,
    remarks: remark === undefined ? [] : [remark],
    has: (layer, subBlock) => states.has(hiddenStateName(layer, subBlock)),
    readRow: async (layer, subBlock, row) => {
      const name = hiddenStateName(layer, subBlock)
      const state = states.get(name)
      if (state === undefined) throw new RangeError(`the file has no array ${name}`)
      return readUnchanged(source, () => state.read(row))
    },
  }
}

/** [R, C], possibly with one axis of length 1 before or between. */
function matrixOf(entry: ArrayEntry, file: string) {
  if (entry.kind === 'refused') throw entry.error
  const where = placeOf(entry.name ?? '', file)
  if (!isFloatArray(entry))
    throw new ArrayFileError(`${where} is not an array of floats. Save it in float32.`)
  const axes = longAxes(entry)
  const width = entry.shape.at(-1) ?? 0
  const columns = width === 1 ? undefined : axes.pop()
  const [rows = { length: 1, stride: 0 }, ...others] = axes
  if (columns === undefined || others.length > 0)
    throw new ArrayFileError(
      `${where} has the shape ${shapeText(entry.shape)} instead of [positions, n_embd]. Save the states of one text.`,
    )
  requireMatrix(entry.shape, where, '[positions, n_embd]')
  return { array: entry, layout: { rows, columns } }
}

/** `h.0 in run.npz` */
function placeOf(name: string, file: string): string {
  return `${quoted(name)} in ${quoted(file)}`
}

function commonSize(layouts: ReadonlyMap<string, RowLayout>, file: string): { rows: number; width: number } {
  const sizes = Array.from(layouts, ([name, { rows, columns }]) => ({
    name,
    rows: rows.length,
    width: columns.length,
  }))
  const first = elementAt(sizes, 0)
  const other = sizes.find(({ rows, width }) => rows !== first.rows || width !== first.width)
  if (other === undefined) return first
  throw new ArrayFileError(
    `In ${quoted(file)}, ${first.name} has the shape [${first.rows}, ${first.width}], and ${other.name} [${other.rows}, ${other.width}]. Save the states of one run.`,
  )
}
