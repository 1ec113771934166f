/** A binary heap of numbers, lowest first. */
export class MinHeap {
  length = 0
  private readonly values: Float64Array

  /** @param capacity the most numbers that are in the heap at one time */
  constructor(capacity: number) {
    this.values = new Float64Array(capacity)
  }

  push(value: number): void {
    let at = this.length++
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = this.valueAt(parent)
      if (above <= value) break
      this.values[at] = above
      at = parent
    }
    this.values[at] = value
  }

  /** Removes the lowest number; the heap must not be empty. */
  pop(): number {
    const lowest = this.valueAt(0)
    const moved = this.valueAt(--this.length)
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.length) break
      if (child + 1 < this.length && this.valueAt(child + 1) < this.valueAt(child)) child++
      const below = this.valueAt(child)
      if (below >= moved) break
      this.values[at] = below
      at = child
    }
    this.values[at] = moved
    return lowest
  }

  private valueAt(at: number): number {
    return this.values[at] ?? NaN
  }
}
