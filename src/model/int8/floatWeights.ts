import { type FloatType, toFloats } from '../formats/floats'
import type { Checkpoint } from '../gpt2/checkpoint'

/** Name of the LM head's layer, whose matrix is `wte` unless the checkpoint has its own head. */
export const HEAD = 'lm_head'

/** Name and size of a layer's matrix. */
export interface MatrixShape {
  readonly name: string
  readonly inputs: number
  readonly outputs: number
}

/** A tensor of the checkpoint as float32; a new array on every call. */
export function readFloats(checkpoint: Checkpoint, name: string): Float32Array {
  const { type, byteLength } = checkpoint.weight(name)
  const bytes = new Uint8Array(byteLength)
  checkpoint.readNow(name, bytes)
  return toFloats(bytes, type as FloatType)
}

/** A layer's matrix [inputs, outputs] as float32, whichever layout it is stored in; a new array on every call. */
export function readMatrix(checkpoint: Checkpoint, { name, inputs, outputs }: MatrixShape): Float32Array {
  if (name === HEAD) {
    const head = readFloats(checkpoint, checkpoint.config.tied ? 'wte.weight' : 'lm_head.weight')
    return transposed(head, outputs, inputs)
  }
  const stored = readFloats(checkpoint, `${name}.weight`)
  return checkpoint.layout === 'Linear' ? transposed(stored, outputs, inputs) : stored
}

/** Tile size of the transposition: 32 × 32 float32 values fit in the L1 cache. */
const TILE = 32

/** [rows, columns] → [columns, rows] */
function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length)
  for (let top = 0; top < rows; top += TILE) {
    for (let left = 0; left < columns; left += TILE) {
      for (let row = top; row < Math.min(top + TILE, rows); row++) {
        for (let column = left; column < Math.min(left + TILE, columns); column++)
          result[column * rows + row] = matrix[row * columns + column] ?? NaN
      }
    }
  }
  return result
}
