import { bytesInMemory } from '../../formats/byteSource'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import { readSafetensorsHeader } from '../../formats/safetensors'
import { plainTensorName } from '../../gpt2/tensorNames'

/** A file of this size passes through messages, memory and a browser's database without problems. */
const MAX_SLICE_BYTES = 64 * 1024 * 1024
/** Size of the header's length, a little-endian u64 at the start of the file. */
export const LENGTH_BYTES = 8

/**
 * The lengths of the slices that a file of weights is stored in, in order; the first slice is the header. A slice ends
 * with its layer. Attention masks, which are never read, are not in one slice with weights, because a slice's memory is
 * released when all of it has been read.
 * @param header the file's first bytes, up to the end of the header
 * @throws SafetensorsError
 */
export async function sliceLengths(header: Uint8Array, fileBytes: number): Promise<number[]> {
  const source = { ...bytesInMemory(header), size: fileBytes }
  const tensors = await readSafetensorsHeader(source, WEIGHTS_FILE)
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset)
  const lengths = [header.length]
  let current = 0
  const endSlice = () => {
    if (current > 0) lengths.push(current)
    current = 0
  }
  let part: string | undefined
  for (const [name, { byteLength }] of inOrder) {
    const nextPart = partOf(plainTensorName(name))
    if (nextPart !== part || current + byteLength > MAX_SLICE_BYTES) endSlice()
    part = nextPart
    let rest = byteLength
    while (rest > MAX_SLICE_BYTES) {
      lengths.push(MAX_SLICE_BYTES)
      rest -= MAX_SLICE_BYTES
    }
    current += rest
  }
  endSlice()
  return lengths
}

/** `h.3`, `h.3 mask`, or an empty string for tensors outside of the layers. */
function partOf(name: string): string {
  const layer = /^h\.\d+/.exec(name)?.[0] ?? ''
  return /\.attn\.(masked_)?bias$/.test(name) ? `${layer} mask` : layer
}

/** End of the header in a file that starts with these bytes; at least LENGTH_BYTES of them. */
export function headerEnd({ buffer, byteOffset }: Uint8Array): number {
  return LENGTH_BYTES + Number(new DataView(buffer, byteOffset).getBigUint64(0, true))
}
