import { CheckpointLimitError } from '../../model/formats/checkpointLimits'
import {
  CutOffError,
  MalformedHeaderError,
  readTensorEntries,
  type TensorEntry,
} from '../../model/formats/safetensors'
import { quoted } from '../../shared/text/quoted'
import { ArrayFileError, IncompleteArrayFileError } from '../source/errors'
import type { FileSource } from '../source/fileSource'
import { rangeOf } from './rawBytes'
import type { ArrayEntry, ElementType } from './storedArray'

/**
 * The tensors of a safetensors file.
 * @throws ArrayFileError; IncompleteArrayFileError if the file is cut off
 */
export async function readSafetensorsArrays({ bytes, name: file }: FileSource): Promise<ArrayEntry[]> {
  const entries = await readTensorEntries(bytes).catch((cause: unknown) => {
    throw arrayError(file, cause)
  })
  return Array.from(entries, ([name, entry]): ArrayEntry => {
    const type = ELEMENTS.get(entry.dtype)
    if (type === undefined) return { kind: 'refused', name, error: unsupported(file, name, entry) }
    return {
      kind: 'array',
      name,
      dtype: entry.dtype,
      type,
      byteOrder: 'little',
      shape: entry.shape,
      order: 'C',
      bytes: rangeOf(bytes, entry.offset, entry.byteLength),
      remarks: [],
    }
  })
}

const ELEMENTS: ReadonlyMap<string, ElementType> = new Map([
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
])

function unsupported(file: string, name: string, { dtype }: TensorEntry): ArrayFileError {
  return new ArrayFileError(
    `${quoted(name)} in ${quoted(file)} has the type ${dtype}, which cannot be read. Convert it with .float() and save it again.`,
  )
}

function arrayError(file: string, cause: unknown): unknown {
  if (cause instanceof CutOffError) {
    return new IncompleteArrayFileError(
      `${quoted(file)} ends before its tensors do: it was cut off, or is still being written. Save it again.`,
      { cause },
    )
  }
  if (cause instanceof MalformedHeaderError)
    return new ArrayFileError(`${quoted(file)} cannot be read: ${cause.message}. Save it again.`, { cause })
  if (cause instanceof CheckpointLimitError)
    return new ArrayFileError(`${quoted(file)} has more tensors than are supported. Save only the logits.`, {
      cause,
    })
  return cause
}
