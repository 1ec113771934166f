/** log Σ exp(value), in float64; −∞ of nothing. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i])
  if (largest === -Infinity) return -Infinity
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - largest)
  return largest + Math.log(sum)
}

/** Places of the largest values, largest first; of equals the lower place first. */
export function largestFirst(values: ArrayLike<number>, count: number): number[] {
  const largest: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (largest.length === count && values[i] <= values[largest[count - 1]]) continue
    let place = largest.length
    while (place > 0 && values[largest[place - 1]] < values[i]) place--
    largest.splice(place, 0, i)
    if (largest.length > count) largest.pop()
  }
  return largest
}
