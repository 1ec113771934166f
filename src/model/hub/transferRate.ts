import { elementAt } from '../../shared/elementAt'

/** Period that the rate is measured over: long enough to be steady, short enough to follow a change. */
const SPAN_MS = 10_000
/** A rate over a shorter period would be a guess. */
const MIN_SPAN_MS = 1000

/** The transfer rate over the last seconds. */
export class TransferRate {
  private readonly samples: { readonly at: number; readonly bytes: number }[] = []

  /** @param bytes received in total @param at the time in milliseconds, of any clock */
  add(bytes: number, at: number): void {
    const last = this.samples.at(-1)
    const hasRestarted = last !== undefined && bytes < last.bytes
    if (hasRestarted) this.samples.length = 0
    this.samples.push({ at, bytes })
    // The oldest sample that is kept is the last one before the period.
    while (this.samples.length > 2 && at - elementAt(this.samples, 1).at >= SPAN_MS) this.samples.shift()
  }

  /** Undefined until there is enough data. */
  get bytesPerSecond(): number | undefined {
    const first = this.samples.at(0)
    const last = this.samples.at(-1)
    if (first === undefined || last === undefined || last.at - first.at < MIN_SPAN_MS) return undefined
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000
  }
}
