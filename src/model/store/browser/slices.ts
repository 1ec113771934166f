import { bytesInMemory } from '../../formats/byteSource'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import { readSafetensorsHeader } from '../../formats/safetensors'
import { plainTensorName } from '../../gpt2/tensorNames'

/** Files of this size pass through messages, memory and a browser's database without trouble. */
const MAX_SLICE_BYTES = 64 * 1024 * 1024
/** The header's length, a u64, little endian, comes first. */
export const LENGTH_BYTES = 8

/**
 * How long the slices are in which a file of weights is kept, in their order; the header is the first one.
 * A slice ends with its layer. Masks, which nobody reads, are apart from weights, whose memory is given back
 * when all of a slice has been read.
 * @param header the file's first bytes, up to the end of the header
 * @throws SafetensorsError
 */
export async function sliceLengths(header: Uint8Array, fileBytes: number): Promise<number[]> {
  const source = { ...bytesInMemory(header), size: fileBytes }
  const tensors = await readSafetensorsHeader(source, WEIGHTS_FILE)
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset)
  const lengths = [header.length]
  let last = lengths.length
  let part: string | undefined
  for (const [name, { byteLength }] of inOrder) {
    const itsPart = partOf(plainTensorName(name))
    if (itsPart !== part || lengths[last] + byteLength > MAX_SLICE_BYTES) last = lengths.push(0) - 1
    part = itsPart
    let rest = byteLength
    while (rest > MAX_SLICE_BYTES) {
      lengths[last] = MAX_SLICE_BYTES
      rest -= MAX_SLICE_BYTES
      last = lengths.push(0) - 1
    }
    lengths[last] += rest
  }
  return lengths.filter((length) => length > 0)
}

/** `h.3`, `h.3 mask`, or nothing for what is in no layer. */
function partOf(name: string): string {
  const layer = /^h\.\d+/.exec(name)?.[0] ?? ''
  return /\.attn\.(masked_)?bias$/.test(name) ? `${layer} mask` : layer
}

/** The header's end in a file that begins with these bytes, at least LENGTH_BYTES of them. */
export function headerEnd({ buffer, byteOffset }: Uint8Array): number {
  return LENGTH_BYTES + Number(new DataView(buffer, byteOffset).getBigUint64(0, true))
}
