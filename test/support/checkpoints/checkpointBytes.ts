// Writes safetensors files, well-formed and malformed ones.

import { concatBytes } from '../../../src/shared/bytes'

/** A tensor as it is stored in a file. */
export interface StoredTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** A well-formed file with the tensors in the given order. */
export function safetensors(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let end = 0
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] }
    end += bytes.length
  }
  return fileWithHeader(JSON.stringify(header), concatBytes([...tensors.values()].map(({ bytes }) => bytes)))
}

/** A file with any header; `claimedLength` replaces the header's real length. */
export function fileWithHeader(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(0),
  claimedLength?: bigint,
): Uint8Array {
  const headerBytes = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const length = new DataView(new ArrayBuffer(8))
  length.setBigUint64(0, claimedLength ?? BigInt(headerBytes.length), true)
  return concatBytes([new Uint8Array(length.buffer), headerBytes, data])
}

export function float32Bytes(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

/** Values must be normal float16 numbers, NaN or zero; they are not rounded. */
export function float16Bytes(values: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Uint16Array.from(values, halfFromNumber).buffer)
}

function halfFromNumber(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  if (value === 0) return 0
  const sign = value < 0 ? 0x8000 : 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  const fraction = (Math.abs(value) / 2 ** exponent - 1) * 1024
  if (!Number.isInteger(fraction) || exponent < -14 || exponent > 15)
    throw new Error(`${value} is not a normal float16 number`)
  return sign | ((exponent + 15) << 10) | fraction
}
