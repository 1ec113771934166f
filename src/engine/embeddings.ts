import { assertNever } from '../shared/assertNever'
import type { Checkpoint, WeightType } from '../model/checkpoint'

/**
 * `wte` and `wpe` as they lie in the file, read row by row:
 * a gather in the graph would be a second copy of `wte` in its session.
 */
export class Embeddings {
  private constructor(
    private readonly wte: Matrix,
    private readonly wpe: Matrix,
    private readonly nEmbd: number,
  ) {}

  static async load(checkpoint: Checkpoint): Promise<Embeddings> {
    const matrix = async (name: string) =>
      new Matrix(await checkpoint.read(name), checkpoint.weight(name).type)
    return new Embeddings(await matrix('wte.weight'), await matrix('wpe.weight'), checkpoint.config.nEmbd)
  }

  /** wte row of each token + wpe row of its position: [S] → [S, nEmbd]; the first token stands at `firstPosition`. */
  rows(tokenIds: Int32Array, firstPosition: number): Float32Array {
    const C = this.nEmbd
    const x = new Float32Array(tokenIds.length * C)
    tokenIds.forEach((tokenId, s) => {
      for (let c = 0; c < C; c++) {
        x[s * C + c] = this.wte.at(tokenId * C + c) + this.wpe.at((firstPosition + s) * C + c)
      }
    })
    return x
  }
}

/** Stored floats, widened when they are read. */
class Matrix {
  readonly at: (index: number) => number

  constructor(bytes: Uint8Array, type: WeightType) {
    switch (type) {
      case 'float32': {
        const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
        this.at = (index) => floats[index]
        break
      }
      case 'float16': {
        const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
        this.at = (index) => halfToNumber(halves[index])
        break
      }
      case 'bfloat16': {
        const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
        this.at = (index) => brainFloatToNumber(halves[index])
        break
      }
      default:
        assertNever(type)
    }
  }
}

const float = new Float32Array(1)
const floatBits = new Uint32Array(float.buffer)

/** bfloat16: the upper half of a float32. */
function brainFloatToNumber(half: number): number {
  floatBits[0] = half << 16
  return float[0]
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
