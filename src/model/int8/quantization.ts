// Symmetric int8 quantization of a matrix [in, out] with one scale per column.

/** int8 has 127 steps on each side of zero (−128 is not used). */
const LEVELS = 127

export interface QuantizedMatrix {
  /** [in, out] */
  readonly weight: Int8Array
  /** [out] The matrix is approximately `weight · scale`. */
  readonly scale: Float32Array
}

export interface QuantizeOptions {
  readonly inputs: number
  readonly outputs: number
  /** Rows that stay in float32: their int8 values are 0, and they do not count for the scales. */
  readonly exactRows: readonly number[]
  /** False if the layer's input is always NaN or infinite: the first column's scale is NaN, so the output is NaN too. */
  readonly hasFiniteInput: boolean
}

/**
 * Divides each column of a matrix [in, out] by its scale, max |column| / 127, and rounds.
 * int8 cannot represent NaN, so a column that contains one gets a NaN scale.
 */
export function quantizeColumns(
  matrix: Float32Array,
  { inputs, outputs, exactRows, hasFiniteInput }: QuantizeOptions,
): QuantizedMatrix {
  const largest = new Float32Array(outputs)
  for (let i = 0, row = 0; row < inputs; row++) {
    const factor = exactRows.includes(row) ? 0 : 1
    for (let column = 0; column < outputs; column++, i++) {
      // NaN · 0 and ∞ · 0 are NaN, so such a value gives its column a NaN scale even in an exact row.
      const magnitude = Math.abs((matrix[i] ?? NaN) * factor)
      if (magnitude > (largest[column] ?? NaN) || Number.isNaN(magnitude)) largest[column] = magnitude
    }
  }
  // A column of zeros is 0 with any scale.
  const scale = largest.map((value) => (value === 0 ? 1 : value / LEVELS))
  if (!hasFiniteInput) scale[0] = NaN

  const weight = new Int8Array(inputs * outputs)
  for (let i = 0, row = 0; row < inputs; row++) {
    const factor = exactRows.includes(row) ? 0 : 1
    for (let column = 0; column < outputs; column++, i++)
      weight[i] = Math.round(((matrix[i] ?? NaN) * factor) / (scale[column] ?? NaN))
  }
  return { weight, scale }
}

/**
 * The bias [out] for an input that is `shift` larger in every channel than the layer expects: subtracts what the
 * shift adds to each output of the quantized matrix.
 */
export function biasForShiftedInput(
  bias: Float32Array,
  { weight, scale }: QuantizedMatrix,
  shift: number,
): Float32Array {
  const sums = columnSums(weight, bias.length)
  return bias.map((value, column) => value - shift * (scale[column] ?? NaN) * (sums[column] ?? NaN))
}

/** [in, out] → [out], exact: sums of int8 values are far below 2^53. */
function columnSums(weight: Int8Array, outputs: number): Float64Array {
  const sums = new Float64Array(outputs)
  for (let i = 0; i < weight.length;) {
    for (let column = 0; column < outputs; column++, i++)
      sums[column] = (sums[column] ?? NaN) + (weight[i] ?? NaN)
  }
  return sums
}

/** The given rows of a matrix [in, columns], as [rows, columns]. */
export function selectRows(matrix: Float32Array, columns: number, rows: readonly number[]): Float32Array {
  const result = new Float32Array(rows.length * columns)
  for (const [i, row] of rows.entries())
    result.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns)
  return result
}
