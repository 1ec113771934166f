// Numbers that look normally distributed, each a function of its tensor's name and its own place alone:
// any part of any tensor can be made by itself, here and in any other language, to the last bit.
// test/reference/seeded_gpt2.py makes the same ones with NumPy.

/** Of the sum of three uniform 10-bit numbers. */
const MEAN = 1534.5
const STANDARD_DEVIATION = 512

/** The number at each place, from 0, of the tensor called `name`: mean 0, standard deviation 1, never beyond 3. */
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
