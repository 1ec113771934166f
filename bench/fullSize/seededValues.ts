// Approximately normally distributed numbers. Each depends only on its tensor's name and its index, so any part of any
// tensor can be computed separately, in any language, with the same bits. test/reference/seeded_gpt2.py computes the same
// numbers with NumPy.

/** Of the sum of three uniform 10-bit numbers. */
const MEAN = 1534.5
const STANDARD_DEVIATION = 512

/** A function from an index in the tensor `name` to its number: mean 0, standard deviation 1, within ±3. */
export function seededValues(name: string): (place: number) => number {
  const key = mix(fnv1a(name))
  return (place) => {
    const bits = mix(mix(place) ^ key)
    const sum = (bits & 0x3ff) + ((bits >>> 10) & 0x3ff) + ((bits >>> 20) & 0x3ff)
    return (sum - MEAN) / STANDARD_DEVIATION
  }
}

/** A bijection of 32 bits in which every bit depends on every other (Wellons 2018, lowbias32). */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

/** FNV-1a, 32 bits; names are ASCII. */
function fnv1a(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
