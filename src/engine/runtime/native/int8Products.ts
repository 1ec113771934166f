// R rows, K inputs, N outputs

import { weightOf } from '../../../model/int8/int8Form'
import { int8ProductGraph } from '../../../model/graphs/int8ProductGraph'
import { elementAt } from '../../../shared/elementAt'
import { NativeUnavailableError } from '../../../shared/errors'
import type { Runtime } from '../runtime'
import { type Tensor, tensor } from '../tensor'

/** Sums of this many of the largest products, 255 · 128, still are integers that float32 represents. */
const INPUTS = 256
/** Not a multiple of the vector lengths, so that the code for remainders runs too. */
const OUTPUTS = 83
/** A few rows, and more than one block of them, run different code. */
const ROW_COUNTS = [2, 3, 4, 7, 33]
/** The zero points of the int8 layers. */
const ZERO_POINTS = [0, 128]

/**
 * Checks that int8 products are exact on this CPU. On x86 without VNNI, ONNX Runtime adds two products in 16 bits, and
 * large ones saturate: sums become too small, by an amount that no comparison of a few texts would find.
 * @throws NativeUnavailableError if any sum differs from the same sum in JavaScript
 */
export async function checkInt8Products(createSession: Runtime['createSession']): Promise<void> {
  const weight = Int8Array.from({ length: INPUTS * OUTPUTS }, (_, i) =>
    weightAt(Math.floor(i / OUTPUTS), i % OUTPUTS),
  )
  const session = await createSession(int8ProductGraph(INPUTS, OUTPUTS), {
    precision: 'int8',
    weight: () => weightOf('int8', [INPUTS, OUTPUTS]),
    readNow: (_name, target) => {
      target.set(new Uint8Array(weight.buffer))
    },
  })
  for (const zero of ZERO_POINTS) {
    for (const R of ROW_COUNTS) {
      const rows = Uint8Array.from({ length: R * INPUTS }, (_, i) =>
        byteAt(Math.floor(i / INPUTS), i % INPUTS),
      )
      const feeds = {
        rows: tensor.uint8(rows, [R, INPUTS]),
        zero: tensor.uint8(Uint8Array.of(zero), []),
      }
      const { product } = await session.run(feeds, ['product'])
      if (!isEqual(product, exactProduct(rows, weight, zero))) throw inexact()
    }
  }
  await session.release()
}

/** In turns a row of the largest bytes, of the largest and smallest in pairs, and of all bytes. */
function byteAt(row: number, input: number): number {
  return elementAt([255, (input & 2) === 0 ? 255 : 0, (row * 31 + input * 17) % 256], row % 3)
}

/** The same for the columns of the weight. */
function weightAt(input: number, output: number): number {
  return elementAt(
    [127, (input & 2) === 0 ? 127 : -128, ((input * 29 + output * 13) % 256) - 128],
    output % 3,
  )
}

/** [R, K] · [K, N] → [R, N], in integers. */
function exactProduct(rows: Uint8Array, weight: Int8Array, zero: number): Float32Array {
  const R = rows.length / INPUTS
  const product = new Float32Array(R * OUTPUTS)
  for (let r = 0; r < R; r++) {
    for (let n = 0; n < OUTPUTS; n++) {
      let sum = 0
      for (let k = 0; k < INPUTS; k++)
        sum += (elementAt(rows, r * INPUTS + k) - zero) * elementAt(weight, k * OUTPUTS + n)
      product[r * OUTPUTS + n] = sum
    }
  }
  return product
}

function isEqual(actual: Tensor | undefined, expected: Float32Array): boolean {
  const values = actual?.data
  return (
    values instanceof Float32Array &&
    values.length === expected.length &&
    values.every((value, i) => value === expected[i])
  )
}

function inexact(): NativeUnavailableError {
  return new NativeUnavailableError(
    'This processor has no exact int8 products in the native runtime (on x86 they need VNNI). Use fp32, or int8 on WASM.',
  )
}
