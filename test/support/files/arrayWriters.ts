// Writes `.npy` and `.npz` files, well-formed and malformed ones. Shares nothing with the readers.

import { crc32 } from 'node:zlib'
import { deflateRawSync } from 'node:zlib'
import { concatBytes } from '../../../src/shared/bytes'

export interface NpyOptions {
  readonly descr?: string
  readonly isFortran?: boolean
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/** A `.npy` file of version 1.0, as `np.save` writes it. */
export function npyBytes({ descr = '<f4', isFortran = false, shape, data }: NpyOptions): Uint8Array {
  const axes = shape.length === 1 ? `${shape.join()},` : shape.join(', ')
  return npyWithHeader(
    `{'descr': '${descr}', 'fortran_order': ${isFortran ? 'True' : 'False'}, 'shape': (${axes}), }`,
    data,
  )
}

/** A `.npy` file with any header. */
export function npyWithHeader(header: string, data: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const text = new TextEncoder().encode(header)
  const preamble = version === 1 ? 10 : 12
  const padding = 64 - ((preamble + text.length + 1) % 64)
  const length = new DataView(new ArrayBuffer(preamble - 8))
  if (version === 1) length.setUint16(0, text.length + padding + 1, true)
  else length.setUint32(0, text.length + padding + 1, true)
  return concatBytes([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0),
    new Uint8Array(length.buffer),
    text,
    new Uint8Array(padding).fill(0x20),
    Uint8Array.of(0x0a),
    data,
  ])
}

export interface ZipOptions {
  readonly method?: 'stored' | 'deflated'
  /** Writes sizes of 64 bits into the directory, as for an archive of more than 4 GiB. */
  readonly sizes?: '32 bits' | '64 bits'
  readonly comment?: string
}

/** A zip archive. Local headers have no sizes, as NumPy writes them. */
export function zipBytes(
  entries: Readonly<Record<string, Uint8Array>>,
  options: ZipOptions = {},
): Uint8Array {
  const { method = 'stored', sizes = '32 bits', comment = '' } = options
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [name, content] of Object.entries(entries)) {
    const data = method === 'stored' ? content : new Uint8Array(deflateRawSync(content))
    const entry = {
      name: new TextEncoder().encode(name),
      content,
      data,
      offset,
      method: method === 'stored' ? 0 : 8,
    }
    const local = localHeader(entry)
    parts.push(local, data)
    directory.push(directoryEntry(entry, sizes))
    offset += local.length + data.length
  }
  const directoryBytes = concatBytes(directory)
  const place = { offset, length: directoryBytes.length, count: directory.length }
  return concatBytes([
    ...parts,
    directoryBytes,
    ...(sizes === '64 bits' ? [end64(place)] : []),
    end(place, sizes),
    Uint8Array.of(comment.length, comment.length >> 8),
    new TextEncoder().encode(comment),
  ])
}

interface Entry {
  readonly name: Uint8Array
  readonly content: Uint8Array
  readonly data: Uint8Array
  readonly offset: number
  readonly method: number
}

interface Place {
  readonly offset: number
  readonly length: number
  readonly count: number
}

/** A field of 2, 4 or 8 bytes. */
type Field = readonly [bytes: 2 | 4 | 8, value: number]

function fields(...list: Field[]): Uint8Array {
  return concatBytes(
    list.map(([bytes, value]) => {
      const view = new DataView(new ArrayBuffer(8))
      view.setBigUint64(0, BigInt(value), true)
      return new Uint8Array(view.buffer, 0, bytes)
    }),
  )
}

function localHeader({ name, content, method }: Entry): Uint8Array {
  const start = fields([4, 0x04034b50], [2, 45], [2, 0], [2, method], [4, 0], [4, crc32(content)])
  const sizes = fields([4, 0xffffffff], [4, 0xffffffff], [2, name.length], [2, 20])
  return concatBytes([start, sizes, name, fields([2, 1], [2, 16], [8, 0], [8, 0])])
}

function directoryEntry(
  { name, content, data, offset, method }: Entry,
  sizes: ZipOptions['sizes'],
): Uint8Array {
  const is64 = sizes === '64 bits'
  const size = (value: number): Field => [4, is64 ? 0xffffffff : value]
  const start = fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, method], [4, 0], [4, crc32(content)])
  const middle = fields(size(data.length), size(content.length), [2, name.length], [2, is64 ? 32 : 0], [2, 0])
  const last = fields([2, 0], [2, 0], [4, 0], size(offset))
  // A field of another kind comes first, as some programs write it.
  const extra = is64
    ? fields([2, 0x5455], [2, 0], [2, 1], [2, 24], [8, content.length], [8, data.length], [8, offset])
    : new Uint8Array(0)
  return concatBytes([start, middle, last, name, extra])
}

function end64({ offset, length, count }: Place): Uint8Array {
  const record = fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0])
  const numbers = fields([8, count], [8, count], [8, length], [8, offset])
  return concatBytes([record, numbers, fields([4, 0x07064b50], [4, 0], [8, offset + length], [4, 1])])
}

function end({ offset, length, count }: Place, sizes: ZipOptions['sizes']): Uint8Array {
  const is64 = sizes === '64 bits'
  const places: Field[] = is64
    ? [
        [2, 0xffff],
        [2, 0xffff],
        [4, 0xffffffff],
        [4, 0xffffffff],
      ]
    : [
        [2, count],
        [2, count],
        [4, length],
        [4, offset],
      ]
  return fields([4, 0x06054b50], [2, 0], [2, 0], ...places)
}
