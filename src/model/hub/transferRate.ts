/** How far back the rate looks: long enough to be steady, short enough to follow a change. */
const SPAN_MS = 10_000
/** Before that the rate is a guess. */
const MIN_SPAN_MS = 1000

/** How fast bytes come, over the last seconds. */
export class TransferRate {
  private readonly samples: { readonly at: number; readonly bytes: number }[] = []

  /** `bytes` have come so far, `at` milliseconds of any clock. */
  add(bytes: number, at: number): void {
    const last = this.samples.at(-1)
    // It began anew.
    if (last !== undefined && bytes < last.bytes) this.samples.length = 0
    this.samples.push({ at, bytes })
    while (this.samples.length > 2 && at - this.samples[1].at >= SPAN_MS) this.samples.shift()
  }

  /** Undefined until there is something to go by. */
  get bytesPerSecond(): number | undefined {
    const first = this.samples.at(0)
    const last = this.samples.at(-1)
    if (first === undefined || last === undefined || last.at - first.at < MIN_SPAN_MS) return undefined
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  }
}
