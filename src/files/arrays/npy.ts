// NumPy's `.npy`: 6 bytes magic, version (major, minor), header length (u16, or u32 from version 2.0 on), a header in
// Python's syntax, the elements. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { formatCount } from '../../shared/text/format'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError, IncompleteArrayFileError } from '../source/errors'
import { pickledArray } from './pickles'
import { type HeaderValue, parseHeaderDictionary, PythonLiteralError, STRUCTURED } from './pythonLiteral'
import { prefixOf, type RawBytes, withoutPrefix } from './rawBytes'
import { BYTES_PER_ELEMENT, type ElementType, type StoredArray } from './storedArray'

export const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)

/** NumPy refuses longer headers too. */
const MAX_HEADER_BYTES = 10_000
/** NumPy's own limit is 64; logits have up to three. */
const MAX_DIMENSIONS = 16
/** Magic, version and the longer form of the header's length. */
const MAX_PREAMBLE_BYTES = 12

export interface NpyContext {
  /** Name of the file, for messages. */
  readonly file: string
  /** Name of the array in an archive; null for a `.npy` file. */
  readonly array: string | null
}

/**
 * Reads the header of a `.npy` file or entry.
 * @throws ArrayFileError; PickledArrayError for Python objects; IncompleteArrayFileError if the elements are cut off
 */
export async function readNpy(bytes: RawBytes, context: NpyContext): Promise<StoredArray> {
  const { file, array } = context
  const start = await prefixOf(bytes, MAX_PREAMBLE_BYTES + MAX_HEADER_BYTES)
  const { header, dataStart } = readHeader(start, context)
  const { dtype, order, shape } = header
  if (/^[<>=|]?O/.test(dtype)) throw pickledArray(file, array)
  const element = ELEMENTS.get(dtype.slice(1))
  if (element === undefined || !/^[<>=|]/.test(dtype)) {
    throw malformed(context, `it has the type ${quoted(dtype)}, which is neither a float nor an integer`, {
      advice: 'Convert the array with .astype(np.float32) and save it again.',
    })
  }
  const expected = shape.reduce((product, length) => product * length, BYTES_PER_ELEMENT[element])
  const found = bytes.byteLength - dataStart
  if (found < expected) {
    throw new IncompleteArrayFileError(
      `${named(context)} has ${formatCount(found)} of the ${formatCount(expected)} bytes that its shape takes: it was cut off, or is still being written. Save it again.`,
    )
  }
  if (found > expected) {
    throw malformed(context, `it continues for ${formatCount(found - expected)} bytes after its array`, {
      advice: 'Save each array in a file of its own, or all with np.savez.',
    })
  }
  return {
    kind: 'array',
    name: array,
    dtype,
    type: element,
    byteOrder: dtype.startsWith('>') ? 'big' : 'little',
    shape,
    order,
    bytes: withoutPrefix(bytes, dataStart),
    remarks: dtype.endsWith('V2') ? [`NumPy has no bfloat16: the type ${dtype} is read as bfloat16.`] : [],
  }
}

/** By `descr` without its byte order. Arrays of ml_dtypes' bfloat16 are saved as V2, two bytes without a meaning. */
const ELEMENTS: ReadonlyMap<string, ElementType> = new Map([
  ['f2', 'float16'],
  ['V2', 'bfloat16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['i1', 'int8'],
  ['u1', 'uint8'],
  ['i2', 'int16'],
  ['u2', 'uint16'],
  ['i4', 'int32'],
  ['u4', 'uint32'],
  ['i8', 'int64'],
  ['u8', 'uint64'],
])

interface Header {
  readonly dtype: string
  readonly order: StoredArray['order']
  readonly shape: readonly number[]
}

function readHeader(start: Uint8Array, context: NpyContext): { header: Header; dataStart: number } {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < NPY_MAGIC.length + 4) throw cutOff(context)
  if (NPY_MAGIC.some((byte, i) => start[i] !== byte)) throw malformed(context, 'it is not a .npy array')
  const major = view.getUint8(NPY_MAGIC.length)
  if (major < 1 || major > 3) throw malformed(context, `it has version ${major}; 1 to 3 are supported`)
  const preamble = major === 1 ? MAX_PREAMBLE_BYTES - 2 : MAX_PREAMBLE_BYTES
  if (start.length < preamble) throw cutOff(context)
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > MAX_HEADER_BYTES) {
    const limit = `at most ${formatCount(MAX_HEADER_BYTES)} are supported`
    throw malformed(context, `its header claims ${formatCount(length)} bytes; ${limit}`)
  }
  const dataStart = preamble + length
  if (start.length < dataStart) throw cutOff(context)
  const text = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(start.subarray(preamble, dataStart))
  return { header: parseHeader(text, context), dataStart }
}

function parseHeader(text: string, context: NpyContext): Header {
  const values = parsed(text, context)
  const [descr, isFortran, shape] = ['descr', 'fortran_order', 'shape'].map((key) => values.get(key))
  if (values.size !== 3 || typeof isFortran !== 'boolean' || !Array.isArray(shape))
    throw malformed(context, 'its header lacks descr, fortran_order or shape')
  if (descr === STRUCTURED) {
    throw malformed(context, 'it is a structured array', { advice: 'Save its field with the logits alone.' })
  }
  if (typeof descr !== 'string') throw malformed(context, 'its type is not a text')
  const dimensions = shape as readonly number[]
  if (dimensions.length > MAX_DIMENSIONS) {
    throw malformed(
      context,
      `it has ${dimensions.length} dimensions; at most ${MAX_DIMENSIONS} are supported`,
    )
  }
  const elements = dimensions.reduce((product, length) => product * length, 1)
  if (!dimensions.every(Number.isSafeInteger) || !Number.isSafeInteger(elements * 8))
    throw malformed(context, 'its shape has more elements than any file')
  return { dtype: descr, order: isFortran ? 'F' : 'C', shape: dimensions }
}

function parsed(text: string, context: NpyContext): Map<string, HeaderValue> {
  try {
    return parseHeaderDictionary(text)
  } catch (cause) {
    if (!(cause instanceof PythonLiteralError)) throw cause
    throw malformed(context, `its header is damaged: ${cause.message}`, { cause })
  }
}

/** `logits in run.npz`, or `logits.npy` */
function named({ file, array }: NpyContext): string {
  return array === null ? quoted(file) : `${quoted(array)} in ${quoted(file)}`
}

function malformed(
  context: NpyContext,
  what: string,
  { advice = 'Save it again with np.save.', cause }: { advice?: string; cause?: unknown } = {},
): ArrayFileError {
  return new ArrayFileError(`${named(context)} cannot be read: ${what}. ${advice}`, { cause })
}

function cutOff(context: NpyContext): IncompleteArrayFileError {
  return new IncompleteArrayFileError(
    `${named(context)} ends inside its header: it was cut off, or is still being written. Save it again.`,
  )
}
