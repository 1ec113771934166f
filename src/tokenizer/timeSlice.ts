/** How a tokenization gives up its thread. */
export interface TokenizeOptions {
  readonly signal: AbortSignal
  /** Waits for one macrotask, so that other calls run and a cancel can reach `signal`. */
  readonly turn: () => Promise<void>
}

/** Work without a turn, in milliseconds. Single steps between two checks take at most about as long. */
const SLICE_MS = 5

/**
 * The time that a computation may use before it has to give up the thread. Between steps of at most a few milliseconds:
 * `if (slice.isOver) await slice.next()`.
 */
export class TimeSlice {
  private end = performance.now() + SLICE_MS

  constructor(private readonly options: TokenizeOptions) {}

  get isOver(): boolean {
    return performance.now() >= this.end
  }

  /**
   * Gives up the thread, then starts a new slice.
   * @throws the signal's reason
   */
  async next(): Promise<void> {
    const { signal, turn } = this.options
    await turn()
    signal.throwIfAborted()
    this.end = performance.now() + SLICE_MS
  }
}
