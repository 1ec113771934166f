import { VOCABULARY_SIZE } from '../../model/gpt2/config'
import { formatCount } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import { longAxes } from '../arrays/arrayRows'
import { decodeIntegers } from '../arrays/decode'
import { openArrays } from '../arrays/openArrays'
import { prefixOf } from '../arrays/rawBytes'
import { type ArrayEntry, isFloat, type IntegerElement, type StoredArray } from '../arrays/storedArray'
import { ArrayFileError } from '../source/errors'
import { type FileSource, readUnchanged } from '../source/fileSource'
import { IDS_ARRAY } from './logitsFile'

/** The names that ids have in practice, the snippets' own first. */
const NAMES = [IDS_ARRAY, 'input_ids', 'token_ids', 'tokens']
/** GPT-2 has 1,024 positions; the ids of a whole data set are a mistake. */
const MAX_IDS = 1_000_000

/**
 * The token ids among the arrays of a file: the array with a usual name, else the only sequence of integers, if they
 * are token ids. Undefined if the file has none.
 * @param file name of the file, for messages
 * @throws ArrayFileError if the named array is not of ids
 */
export async function idsAmong(
  entries: readonly ArrayEntry[],
  file: string,
): Promise<Int32Array | undefined> {
  const named = NAMES.map((name) => entries.find((entry) => entry.name === name)).find(
    (entry) => entry !== undefined,
  )
  if (named !== undefined) return idsOf(named, file)
  const sequences = entries.filter(isIntegerSequence)
  const only = sequences.length === 1 ? sequences[0] : undefined
  if (only === undefined) return undefined
  const numbers = await numbersOf(only, file)
  return numbers.every(isTokenId) ? Int32Array.from(numbers) : undefined
}

/**
 * The token ids of a file of their own: an array in one of the formats of logits, or a text with whole numbers, such as
 * a JSON list.
 * @throws ArrayFileError, FileChangedError
 */
export function openIds(source: FileSource): Promise<Int32Array> {
  return readUnchanged(source, async () => {
    const ids = (await idsOfText(source)) ?? (await idsAmong(await openArrays(source), source.name))
    if (ids !== undefined) return ids
    throw new ArrayFileError(
      `${quoted(source.name)} has no token ids. Save them as an array of integers with the name ${IDS_ARRAY}.`,
    )
  })
}

type IntegerArray = StoredArray & { readonly type: IntegerElement }

function isIntegerSequence(entry: ArrayEntry): entry is IntegerArray {
  return (
    entry.kind === 'array' && !isFloat(entry.type) && entry.shape.length > 0 && longAxes(entry).length <= 1
  )
}

async function idsOf(entry: ArrayEntry, file: string): Promise<Int32Array> {
  if (entry.kind === 'refused') throw entry.error
  if (!isIntegerSequence(entry))
    throw new ArrayFileError(
      `${place(entry, file)} is not a list of token ids. Save the ids of one text as integers.`,
    )
  return checkedIds(await numbersOf(entry, file), place(entry, file))
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
async function idsOfText({ bytes, name }: FileSource): Promise<Int32Array | undefined> {
  if (bytes.size > MAX_TEXT_BYTES) return undefined
  const text = new TextDecoder('latin1').decode(await bytes.read(0, bytes.size))
  return NUMBERS.test(text) ? checkedIds((text.match(/\d+/g) ?? []).map(Number), quoted(name)) : undefined
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
