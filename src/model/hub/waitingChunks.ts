import { CancelledError } from '../../shared/errors'
import { TransientHubError } from './transientHubError'

/** What has come of a body and was not taken yet: all of it is given out before the body's end is told. */
export class WaitingChunks {
  private readonly waiting: Uint8Array[] = []
  private waitingBytes = 0
  private ended: { readonly cause?: unknown } | undefined
  private wake = () => {}

  /** @param onDrained called whenever nothing waits any more */
  constructor(private readonly onDrained: () => void) {}

  get bytes(): number {
    return this.waitingBytes
  }

  push(chunk: Uint8Array): void {
    this.waiting.push(chunk)
    this.waitingBytes += chunk.length
    this.wake()
  }

  /** Only the first ending counts; without a cause the body is whole. */
  end(cause?: unknown): void {
    this.ended ??= { cause }
    this.wake()
  }

  /** The iteration throws TransientHubError where the body has ended with a cause, and CancelledError. */
  async *read(signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      if (signal.aborted) throw new CancelledError()
      const chunk = this.waiting.shift()
      if (chunk !== undefined) {
        yield chunk
        this.waitingBytes -= chunk.length
        if (this.waitingBytes === 0) this.onDrained()
      } else if (this.ended === undefined) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      } else if (this.ended.cause === undefined) {
        return
      } else {
        throw new TransientHubError('the connection was cut', 'connection', { cause: this.ended.cause })
      }
    }
  }
}
