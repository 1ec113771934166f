// Which rows of which input a file's rows are. R rows of the file, S tokens of an input

import type { LogitsFile } from '../logits/logitsFile'
import type { Precision, ReferenceInput } from './representation'
import { tooManyRows } from './rowCount'
import { compareRow, isSameRow, type RowComparison } from './rowComparison'

export interface Alignment {
  readonly input: ReferenceInput
  /** The row of the input that is the file's first row. */
  readonly firstRow: number
  /** The first probe whose row is the reference's; null if none is, so that the alignment is a guess. */
  readonly anchor: Probe | null
  /** Root mean square of the differences over the probes, in nats. */
  readonly distance: number
}

/** A row of the file that is compared with several rows of the reference. */
export interface Probe {
  readonly row: number
  /** [W] */
  readonly values: Float32Array
}

export interface AlignmentTask {
  readonly file: Pick<LogitsFile, 'name' | 'rows'>
  readonly probes: readonly Probe[]
  /** The expected one first. */
  readonly inputs: readonly ReferenceInput[]
  readonly precision: Precision
  readonly signal?: AbortSignal | undefined
}

/** Files of some rows begin near the start of the input or end near its end; the number of places tried at each. */
const TRIED_SHIFTS = 4
/** An unexpected alignment without an exact row has to be this many times as near. */
const MIN_RATIO = 2

/**
 * Finds where the file's rows are. The number of rows says what to expect; if the rows there are not the reference's, other
 * places and inputs are tried. Without an exact row anywhere, the expected place stays unless another fits much better.
 * @throws ArrayFileError if the file has more rows than the input that they are of, or than every input
 */
export async function alignRows(task: AlignmentTask): Promise<Alignment> {
  const reference = new ReferenceRows()
  const places = candidates(task)
  for (const place of places) {
    const anchored = await anchoredAt(place, task, reference)
    if (anchored === undefined) continue
    if (!hasRoom(place, task)) throw tooManyRows(task.file, place.input.tokenIds.length)
    return anchored
  }
  const guesses: Alignment[] = []
  for (const place of places.filter((each) => hasRoom(each, task)))
    guesses.push({ ...place, anchor: null, distance: await distanceAt(place, task, reference) })
  const [expected] = guesses
  if (expected === undefined) {
    const [first] = places
    throw first === undefined
      ? new RangeError('no input has a row')
      : tooManyRows(task.file, first.input.tokenIds.length)
  }
  const best = guesses.reduce((a, b) => (b.distance < a.distance ? b : a))
  return best.distance * MIN_RATIO <= expected.distance ? best : expected
}

/** Whether every row of the file has a token of the input. */
function hasRoom({ input, firstRow }: Place, { file }: AlignmentTask): boolean {
  return firstRow + file.rows <= input.tokenIds.length
}

interface Place {
  readonly input: ReferenceInput
  readonly firstRow: number
}

/** Places in the order of expectation: inputs with as many tokens as the file has rows, then the others. */
function candidates({ file, inputs }: AlignmentTask): Place[] {
  const isWhole = ({ tokenIds }: ReferenceInput) => tokenIds.length === file.rows
  return [...inputs.filter(isWhole), ...inputs.filter((input) => !isWhole(input))]
    .filter(({ tokenIds }) => tokenIds.length > 0)
    .flatMap((input) => firstRows(file.rows, input.tokenIds.length).map((firstRow) => ({ input, firstRow })))
}

/** A single row is the last one; more rows begin with the first one. */
function firstRows(R: number, S: number): number[] {
  const last = Math.max(0, S - R)
  const shifts = Array.from({ length: TRIED_SHIFTS }, (_, i) => i)
  const fromStart = shifts.filter((shift) => shift <= last)
  const fromEnd = shifts.map((shift) => last - shift).filter((shift) => shift >= 0)
  return [...new Set(R === 1 ? [...fromEnd, ...fromStart] : [...fromStart, ...fromEnd])]
}

async function anchoredAt(
  place: Place,
  task: AlignmentTask,
  reference: ReferenceRows,
): Promise<Alignment | undefined> {
  for (const probe of task.probes) {
    const comparison = await comparisonAt(place, { probe, ...task }, reference)
    if (comparison !== undefined && isSameRow(comparison))
      return { ...place, anchor: probe, distance: await distanceAt(place, task, reference) }
  }
  return undefined
}

/** Infinity if no probe has a row of the input. */
async function distanceAt(place: Place, task: AlignmentTask, reference: ReferenceRows): Promise<number> {
  const squares: number[] = []
  for (const probe of task.probes) {
    const comparison = await comparisonAt(place, { probe, ...task }, reference)
    if (comparison !== undefined) squares.push(comparison.rms ** 2)
  }
  return squares.length === 0
    ? Infinity
    : Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length)
}

async function comparisonAt(
  { input, firstRow }: Place,
  { probe, precision, signal }: AlignmentTask & { readonly probe: Probe },
  reference: ReferenceRows,
): Promise<RowComparison | undefined> {
  signal?.throwIfAborted()
  const row = firstRow + probe.row
  if (row >= input.tokenIds.length) return undefined
  return reference.compared(input, row, probe, precision)
}

/** Rows of the reference and their comparisons, each computed once. */
class ReferenceRows {
  private readonly rows = new Map<ReferenceInput, Map<number, Promise<Float32Array>>>()
  private readonly comparisons = new Map<Probe, Map<Float32Array, RowComparison>>()

  async compared(
    input: ReferenceInput,
    row: number,
    probe: Probe,
    precision: Precision,
  ): Promise<RowComparison> {
    const rows = entryOf(this.rows, input, () => new Map<number, Promise<Float32Array>>())
    const reference = await entryOf(rows, row, () => input.row(row))
    const comparisons = entryOf(this.comparisons, probe, () => new Map<Float32Array, RowComparison>())
    return entryOf(comparisons, reference, () =>
      compareRow({ values: probe.values, reference, precision, nextToken: null }),
    )
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const held = map.get(key)
  if (held !== undefined) return held
  const made = make()
  map.set(key, made)
  return made
}
