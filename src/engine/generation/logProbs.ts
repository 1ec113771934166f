/** log Σ exp(value), in float64; −∞ for no values. */
export function logSumExp(values: Iterable<number>): number {
  let max = -Infinity
  for (const value of values) max = Math.max(max, value)
  if (max === -Infinity) return -Infinity
  let sum = 0
  for (const value of values) sum += Math.exp(value - max)
  return max + Math.log(sum)
}

/** Indices of the largest values, largest first; of equal values the lower index first. */
export function largestFirst(values: Iterable<number>, count: number): number[] {
  const largest: { readonly index: number; readonly value: number }[] = []
  let index = 0
  for (const value of values) {
    const last = largest.at(-1)
    if (largest.length < count || last === undefined || value > last.value) {
      const place = largest.findIndex((other) => other.value < value)
      largest.splice(place === -1 ? largest.length : place, 0, { index, value })
      if (largest.length > count) largest.pop()
    }
    index++
  }
  return largest.map((entry) => entry.index)
}
