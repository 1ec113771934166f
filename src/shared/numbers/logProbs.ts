/** log Σ exp(value), in float64; −∞ for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let max = -Infinity
  for (let i = 0; i < values.length; i++) max = Math.max(max, values[i] ?? NaN)
  if (max === -Infinity) return -Infinity
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] ?? NaN) - max)
  return max + Math.log(sum)
}

/** Indices of the largest values, largest first; of equal values the lower index first. */
export function largestFirst(values: ArrayLike<number>, count: number): number[] {
  const largest: { readonly index: number; readonly value: number }[] = []
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? NaN
    const last = largest.at(-1)
    if (largest.length < count || last === undefined || value > last.value) {
      const place = largest.findIndex((other) => other.value < value)
      largest.splice(place === -1 ? largest.length : place, 0, { index, value })
      if (largest.length > count) largest.pop()
    }
  }
  return largest.map((entry) => entry.index)
}
