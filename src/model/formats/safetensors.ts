// The safetensors format: 8 bytes header length (u64, little endian), a JSON header, the tensors' bytes.
// https://github.com/huggingface/safetensors#format

import { SafetensorsError } from '../../shared/errors'
import { isRecord } from '../../shared/isRecord'
import { formatCount } from '../../shared/text/format'
import { quoted, quotedValue } from '../../shared/text/quoted'
import type { ByteSource } from './byteSource'
import { CheckpointLimitError, HeaderBudget } from './checkpointLimits'

/** A tensor's type, shape and position in the file. */
export interface TensorEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  /** From the start of the file, in bytes. */
  readonly offset: number
  readonly byteLength: number
}

const LENGTH_BYTES = 8
const MAX_DIMENSIONS = 16
/** A larger header is an attack or a mistake: gpt2-xl's has 0.06 MB. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024
/** Longest name of a tensor, in UTF-16 units; GPT-2's have up to 50. */
const MAX_NAME_UNITS = 200

const BYTES_PER_ELEMENT: ReadonlyMap<unknown, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['I16', 2],
  ['U16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['I32', 4],
  ['U32', 4],
  ['F32', 4],
  ['I64', 8],
  ['U64', 8],
  ['F64', 8],
])

/**
 * Reads and checks the header: every tensor has a known type and the number of bytes that its type and shape take, and
 * together they fill the file without overlap or gap, as the format requires.
 * @param file name of the file, for the error's message
 * @param budget of all files of the checkpoint together
 * @throws SafetensorsError
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  file: string,
  budget = new HeaderBudget(),
): Promise<Map<string, TensorEntry>> {
  return withFileName(file, () => readTensorEntries(source, budget))
}

/**
 * The header's `__metadata__`; undefined if it has none.
 * @throws SafetensorsError if the header cannot be read
 */
export async function readSafetensorsMetadata(source: ByteSource, file: string): Promise<unknown> {
  return withFileName(file, async () => (await readRawHeader(source, new HeaderBudget())).header.__metadata__)
}

/**
 * Reads and checks the header, as `readSafetensorsHeader` does, for a caller that writes the message itself.
 * @throws MalformedHeaderError, CheckpointLimitError
 */
export async function readTensorEntries(
  source: ByteSource,
  budget = new HeaderBudget(),
): Promise<Map<string, TensorEntry>> {
  const { header, dataStart } = await readRawHeader(source, budget)
  budget.addTensors(Object.keys(header).length - ('__metadata__' in header ? 1 : 0))
  const entries = new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, value]) => [name, tensorEntry(name, value, dataStart)]),
  )
  checkLayout(entries, dataStart, source.size)
  return entries
}

/** The message is the defect of the file, as the end of a sentence, without the file's name. */
export class MalformedHeaderError extends Error {}

/** The file ends before its header or its tensors do. */
export class CutOffError extends MalformedHeaderError {}

async function withFileName<T>(file: string, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading()
  } catch (error) {
    if (error instanceof CheckpointLimitError)
      throw new SafetensorsError(`${quoted(file)} cannot be used: ${error.message}. Is it a GPT-2 model?`, {
        cause: error,
      })
    if (!(error instanceof MalformedHeaderError)) throw error
    const { cause } = error
    throw new SafetensorsError(`${quoted(file)} cannot be read: ${error.message}. Download the file again.`, {
      cause,
    })
  }
}

async function readRawHeader(source: ByteSource, budget: HeaderBudget) {
  if (source.size < LENGTH_BYTES) throw new CutOffError(`it has only ${source.size} bytes`)
  const headerLength = Number(new DataView((await source.read(0, LENGTH_BYTES)).buffer).getBigUint64(0, true))
  if (headerLength > MAX_HEADER_BYTES)
    throw malformed(
      `its header claims ${formatCount(headerLength)} bytes; at most ${formatCount(MAX_HEADER_BYTES)} are supported`,
    )
  const dataStart = LENGTH_BYTES + headerLength
  if (dataStart > source.size)
    throw new CutOffError(`its header is longer than the file, which is cut off or not safetensors`)
  budget.addHeader(headerLength)

  return { header: parseHeader(await source.read(LENGTH_BYTES, headerLength)), dataStart }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw malformed('its header is not JSON', cause)
  }
  if (!isRecord(header) || Array.isArray(header)) throw malformed('its header is not an object')
  return header
}

function tensorEntry(name: string, value: unknown, dataStart: number): TensorEntry {
  if (name.length > MAX_NAME_UNITS)
    throw malformed(
      `a tensor’s name has ${formatCount(name.length)} characters; at most ${MAX_NAME_UNITS} are supported`,
    )
  const tensor = `tensor ${quoted(name)}`
  const { dtype, shape, data_offsets: range } = isRecord(value) ? value : {}
  const elementBytes = BYTES_PER_ELEMENT.get(dtype)
  if (typeof dtype !== 'string' || elementBytes === undefined)
    throw malformed(`${tensor} has the unknown type ${quotedValue(dtype)}`)
  if (!isSizeArray(shape)) throw malformed(`${tensor} has no valid shape`)
  if (shape.length > MAX_DIMENSIONS)
    throw malformed(
      `${tensor} has ${formatCount(shape.length)} dimensions; at most ${MAX_DIMENSIONS} are supported`,
    )
  const [start, end] = isSizeArray(range) && range.length === 2 ? range : []
  if (start === undefined || end === undefined || start > end)
    throw malformed(`${tensor} has no valid data_offsets`)
  const byteLength = end - start
  const expected = shape.reduce((product, length) => product * length, elementBytes)
  if (byteLength !== expected) {
    const takes = `${dtype} [${quoted(shape.join(', '))}] takes ${expected}`
    throw malformed(`${tensor} has ${byteLength} bytes where ${takes}`)
  }
  return { dtype, shape, offset: dataStart + start, byteLength }
}

function checkLayout(entries: ReadonlyMap<string, TensorEntry>, dataStart: number, fileSize: number): void {
  let end = dataStart
  // A tensor without elements comes before the tensor that starts at the same byte.
  const byOffset = [...entries].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength)
  for (const [name, { offset, byteLength }] of byOffset) {
    if (offset < end) throw malformed(`tensor ${quoted(name)} overlaps another`)
    if (offset > end) throw malformed(`there is a gap before tensor ${quoted(name)}`)
    end = offset + byteLength
    if (end > fileSize) throw new CutOffError(`it is cut off inside tensor ${quoted(name)}`)
  }
  if (end < fileSize) throw malformed(`it has ${fileSize - end} bytes that belong to no tensor`)
}

function isSizeArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0)
}

function malformed(what: string, cause?: unknown): MalformedHeaderError {
  return new MalformedHeaderError(what, { cause })
}
