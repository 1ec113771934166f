/**
 * Random numbers in [0, 1) from a 32-bit seed: mulberry32 by Tommy Ettinger, in the public domain
 * (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). Good for drawing tokens, not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / SEEDS
  }
}

/** Independent generators. The first ones are the same for any larger `count`. */
export function independentRandoms(seed: number, count: number): (() => number)[] {
  const nextSeed = seededRandom(seed)
  return Array.from({ length: count }, () => seededRandom(nextSeed() * SEEDS))
}

const SEEDS = 2 ** 32
