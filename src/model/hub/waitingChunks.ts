import { CancelledError } from '../../shared/errors'
import { TransientHubError } from './transientHubError'

/** The chunks of a body that were received and not read yet. All of them are delivered before the body's end. */
export class WaitingChunks {
  private readonly waiting: Uint8Array[] = []
  private waitingBytes = 0
  private ended: { readonly cause?: unknown } | undefined
  private wake = () => {}

  /** @param onDrained called whenever all received chunks have been read */
  constructor(private readonly onDrained: () => void) {}

  get bytes(): number {
    return this.waitingBytes
  }

  push(chunk: Uint8Array): void {
    this.waiting.push(chunk)
    this.waitingBytes += chunk.length
    this.wake()
  }

  /** Ends the body; without a cause it is complete. Only the first call counts. */
  end(cause?: unknown): void {
    this.ended ??= { cause }
    this.wake()
  }

  /** The iteration throws TransientHubError if the body has ended with a cause, and CancelledError. */
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
