// V = 50257, W columns of the file's rows, at least V

import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { formatCount } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import { ArrayRows, type FloatArray, isFloatArray, longAxes, type RowLayout } from '../arrays/arrayRows'
import { openArrays } from '../arrays/openArrays'
import { RowBlocks } from '../arrays/rowBlocks'
import type { ArrayEntry, StoredArray } from '../arrays/storedArray'
import { ArrayFileError } from '../source/errors'
import { type FileSource, readUnchanged } from '../source/fileSource'
import { hiddenStatesAmong } from './hiddenStates'
import { idsAmong } from './ids'
import { LOGITS_ARRAY, type LogitsFile } from './logitsFile'
import { modelNameOf } from './modelName'
import { requireMatrix, shapeRemark, shapeText } from './storedShape'

export interface OpenLogitsOptions {
  /** Name of the array, if the file has several that may be the logits. */
  readonly array?: string
}

/** Vocabularies are padded to a multiple of 64 or 128 for speed; 1,024 is the largest that is seen. */
const MAX_WIDTH = Math.ceil(VOCABULARY_SIZE / 1024) * 1024

/**
 * Opens a file of logits, log-probabilities or probabilities: an array [n, W], [W, n] or [W], possibly with one further axis
 * of length 1, which a remark names. Reads headers and ids only. The file takes over the source, also if opening fails.
 * @throws ArrayFileError, PickledArrayError, IncompleteArrayFileError, FileChangedError
 */
export async function openLogits(source: FileSource, { array }: OpenLogitsOptions = {}): Promise<LogitsFile> {
  try {
    return await readUnchanged(source, () => readLogits(source, array))
  } catch (error) {
    await source.bytes.close()
    throw error
  }
}

async function readLogits(source: FileSource, name: string | undefined): Promise<LogitsFile> {
  const entries = await openArrays(source)
  const array = chosen(entries, source.name, name)
  const { layout, transposed } = layoutOf(array, source.name)
  const blocks = new RowBlocks()
  const rows = new ArrayRows(array, layout, blocks)
  const saved = await idsAmong(entries, source.name)
  return {
    name: source.name,
    array: array.name,
    rows: layout.rows.length,
    width: layout.columns.length,
    dtype: array.dtype,
    shape: array.shape,
    order: array.order,
    transposed,
    model: await modelNameOf(source),
    ids: saved?.tokenIds,
    hidden: hiddenStatesAmong(entries, source, blocks),
    remarks: [...array.remarks, ...rowsRemarks(array, layout, source.name), ...(saved?.remarks ?? [])],
    readRow: (row) => readUnchanged(source, () => rows.read(row)),
    checkUnchanged: () => source.checkUnchanged(),
    close: () => source.bytes.close(),
  }
}

/** The array of this name, else `logits`, else the only one with an axis of the vocabulary's length. */
function chosen(entries: readonly ArrayEntry[], file: string, wanted: string | undefined): FloatArray {
  const named = entries.find((entry) => entry.name === (wanted ?? LOGITS_ARRAY))
  if (named !== undefined) return floatsOf(named, file)
  if (wanted !== undefined)
    throw new ArrayFileError(`${quoted(file)} has no array ${quoted(wanted)}. It has ${listed(entries)}.`)
  const wide = entries.filter(
    (entry) => entry.kind === 'array' && isFloatArray(entry) && entry.shape.some(isWidth),
  )
  const [only, ...others] = wide.length > 0 ? wide : entries
  if (only === undefined) throw new ArrayFileError(`${quoted(file)} has no arrays. Save the logits in it.`)
  if (others.length === 0) return floatsOf(only, file)
  throw new ArrayFileError(
    wide.length > 0
      ? `${quoted(file)} has several arrays that may be the logits: ${listed(wide)}. Rename one of them to ${LOGITS_ARRAY}.`
      : `${quoted(file)} has no array of logits; it has ${listed(entries)}. One axis of logits has ${formatCount(VOCABULARY_SIZE)} elements.`,
  )
}

function floatsOf(entry: ArrayEntry, file: string): FloatArray {
  if (entry.kind === 'refused') throw entry.error
  if (isFloatArray(entry)) return entry
  throw new ArrayFileError(
    `${place(entry, file)} has integers of type ${entry.dtype}, not logits. Save the logits as floats, before any argmax.`,
  )
}

function layoutOf(array: FloatArray, file: string): { layout: RowLayout; transposed: boolean } {
  const axes = longAxes(array)
  const shape = `${place(array, file)} has the shape ${shapeText(array.shape)}`
  const columns = axes.findLast(({ length }) => isWidth(length))
  if (columns === undefined) {
    throw new ArrayFileError(
      `${shape}; one axis has to have GPT-2’s ${formatCount(VOCABULARY_SIZE)} tokens, or up to ${formatCount(MAX_WIDTH)} with padding. Is it the output of the LM head?`,
    )
  }
  const [rows = { length: 1, stride: 0 }, ...others] = axes.filter((axis) => axis !== columns)
  if (others.length > 0)
    throw new ArrayFileError(
      `${shape}, which has more than one text. Save one text’s logits, such as logits[0].`,
    )
  if (rows.length === 0) throw new ArrayFileError(`${shape}, so it has no rows. Save the logits of a text.`)
  requireMatrix(array.shape, place(array, file), `[positions, ${VOCABULARY_SIZE}]`)
  return { layout: { rows, columns }, transposed: axes.length > 1 && axes.at(-1) !== columns }
}

/** A remark unless the array is [n, W], [W], or [W, n], which has a remark of its own. */
function rowsRemarks({ shape, name }: StoredArray, { rows }: RowLayout, file: string): string[] {
  const isPlain = shape.length === 1 || (shape.length === 2 && shape[1] !== 1)
  const count = rows.length
  return isPlain ? [] : [shapeRemark(shape, place({ name }, file), { count, noun: 'row' })]
}

function isWidth(length: number): boolean {
  return length >= VOCABULARY_SIZE && length <= MAX_WIDTH
}

/** Most names of a message. */
const MAX_LISTED = 3

/** `a, b, c and 12 more` */
function listed(entries: readonly ArrayEntry[]): string {
  const names = entries
    .slice(0, MAX_LISTED)
    .map(({ name }) => (name === null ? 'one without a name' : quoted(name)))
  const more = entries.length - names.length
  return more > 0 ? `${names.join(', ')} and ${formatCount(more)} more` : names.join(', ')
}

/** `logits in run.npz`, or `logits.npy` */
function place({ name }: Pick<StoredArray, 'name'>, file: string): string {
  return name === null ? quoted(file) : `${quoted(name)} in ${quoted(file)}`
}
