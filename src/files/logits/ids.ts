import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { formatCount, formatCounted } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import { longAxes } from '../arrays/arrayRows'
import { decodeIntegers } from '../arrays/decode'
import { openArrays } from '../arrays/openArrays'
import { prefixOf } from '../arrays/rawBytes'
import { type ArrayEntry, isFloat, type IntegerElement, type StoredArray } from '../arrays/storedArray'
import { ArrayFileError } from '../source/errors'
import { type FileSource, readUnchanged } from '../source/fileSource'
import { IDS_ARRAY } from './logitsFile'
import { shapeRemark, shapeText } from './storedShape'

/** The names that ids have in practice, the snippets' own first. */
const NAMES = [IDS_ARRAY, 'input_ids', 'token_ids', 'tokens']
/** GPT-2 has 1,024 positions; the ids of a whole data set are a mistake. */
const MAX_IDS = 1_000_000

/** The token ids of one text as a file has them. */
export interface SavedIds {
  readonly tokenIds: Int32Array
  /** Sentences about how they were read, if they are not a plain list. */
  readonly remarks: readonly string[]
}

/**
 * The token ids among the arrays of a file: the array with a usual name, else the only sequence of integers, if they
 * are token ids. Undefined if the file has none.
 * @param file name of the file, for messages
 * @throws ArrayFileError if the named array is not of ids
 */
export async function idsAmong(entries: readonly ArrayEntry[], file: string): Promise<SavedIds | undefined> {
  const named = NAMES.map((name) => entries.find((entry) => entry.name === name)).find(
    (entry) => entry !== undefined,
  )
  if (named !== undefined) return idsOf(named, file)
  const sequences = entries.filter(isIntegerSequence)
  const only = sequences.length === 1 ? sequences[0] : undefined
  if (only === undefined) return undefined
  const numbers = await numbersOf(only, file)
  return numbers.every(isTokenId) ? savedIds(only, Int32Array.from(numbers), file) : undefined
}

/**
 * The token ids of a file of their own: an array in one of the formats of logits, or a text with whole numbers, such as
 * a JSON list.
 * @throws ArrayFileError, FileChangedError
 */
export function openIds(source: FileSource): Promise<SavedIds> {
  return readUnchanged(source, async () => {
    const ids = await idsOfTextFile(source)
    if (ids !== undefined) return ids
    const entries = await openArrays(source)
    const [only, ...others] = entries
    const isUnnamed = only?.name === null && others.length === 0
    const among = isUnnamed ? await idsOf(only, source.name) : await idsAmong(entries, source.name)
    if (among !== undefined) return among
    throw new ArrayFileError(
      `${quoted(source.name)} has no token ids. Save them as an array of integers with the name ${IDS_ARRAY}.`,
    )
  })
}

/**
 * The token ids in a text with whole numbers: one list, in any of the notations of Python, JSON and plain text. Undefined if
 * it is not such a text.
 * @param place where the text is, for messages
 * @throws ArrayFileError if it has several lists, or a number that is not a token id
 */
export function idsInText(text: string, place: string): SavedIds | undefined {
  if (!NUMBERS.test(text)) return undefined
  const marks = text.replaceAll(/[\s,]/g, '')
  const depth = /^[[(]*/.exec(marks)?.[0].length ?? 0
  if (depth > MAX_AXES || /[\])][[(]/.test(marks))
    throw new ArrayFileError(
      `${place} is not one list of token ids. Save the ids of one text as [464, 2068].`,
    )
  const tokenIds = checkedIds((text.match(/\d+/g) ?? []).map(Number), place)
  const read = formatCounted(tokenIds.length, 'token')
  return {
    tokenIds,
    remarks: depth < MAX_AXES ? [] : [`${place} has a list in a list, which was read as ${read}.`],
  }
}

/** [n], or [1, n] of one text. */
const MAX_AXES = 2

type IntegerArray = StoredArray & { readonly type: IntegerElement }

function isIntegerSequence(entry: ArrayEntry): entry is IntegerArray {
  return (
    entry.kind === 'array' &&
    !isFloat(entry.type) &&
    entry.shape.length > 0 &&
    entry.shape.length <= MAX_AXES &&
    longAxes(entry).length <= 1
  )
}

async function idsOf(entry: ArrayEntry, file: string): Promise<SavedIds> {
  if (entry.kind === 'refused') throw entry.error
  if (isFloat(entry.type))
    throw new ArrayFileError(
      `${place(entry, file)} has no token ids: its type is ${entry.dtype}. Save the ids of one text as integers.`,
    )
  if (!isIntegerSequence(entry))
    throw new ArrayFileError(
      `${place(entry, file)} has the shape ${shapeText(entry.shape)}, which is not a list of token ids. Save the ids of one text in the shape [positions].`,
    )
  return savedIds(entry, checkedIds(await numbersOf(entry, file), place(entry, file)), file)
}

function savedIds(entry: IntegerArray, tokenIds: Int32Array, file: string): SavedIds {
  const read = { count: tokenIds.length, noun: 'token' }
  return {
    tokenIds,
    remarks: entry.shape.length === 1 ? [] : [shapeRemark(entry.shape, place(entry, file), read)],
  }
}

async function numbersOf(array: IntegerArray, file: string): Promise<Float64Array> {
  const { bytes, type, byteOrder, shape } = array
  const count = shape.reduce((product, length) => product * length, 1)
  if (count > MAX_IDS) {
    throw new ArrayFileError(
      `${place(array, file)} has ${formatCount(count)} ids; at most ${formatCount(MAX_IDS)} are supported. Save the ids of one text.`,
    )
  }
  return decodeIntegers(await prefixOf(bytes, bytes.byteLength), type, byteOrder)
}

/** Digits, and what lists and tuples have between them in Python, JSON and plain text. */
const NUMBERS = /^[\s[\](),]*\d[\d\s[\](),]*$/
/** Seven characters for each id. */
const MAX_TEXT_BYTES = 7 * MAX_IDS

/** Undefined if the file is not such a text. */
async function idsOfTextFile({ bytes, name }: FileSource): Promise<SavedIds | undefined> {
  if (bytes.size > MAX_TEXT_BYTES) return undefined
  const text = new TextDecoder('latin1').decode(await bytes.read(0, bytes.size))
  return idsInText(text, quoted(name))
}

/** @param name of the array, for the message */
function checkedIds(numbers: ArrayLike<number>, name: string): Int32Array {
  return Int32Array.from(numbers, (number, i) => {
    if (isTokenId(number)) return number
    throw new ArrayFileError(
      `${name} has ${number} at index ${i}; GPT-2’s token ids are 0 to ${formatCount(VOCABULARY_SIZE - 1)}. Check how the text was tokenized.`,
    )
  })
}

function isTokenId(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number < VOCABULARY_SIZE
}

/** `ids in run.npz`, or `ids.npy` */
function place({ name }: ArrayEntry, file: string): string {
  return name === null ? quoted(file) : `${quoted(name)} in ${quoted(file)}`
}
