import type { Checkpoint } from '../../model/gpt2/checkpoint'

/** External data as `InferenceSession.create` takes it. */
export interface ExternalWeight {
  readonly path: string
  readonly data: Uint8Array
}

/**
 * A graph's weights, each read when ONNX Runtime copies it, one after the other into the same buffer:
 * as arrays they would all lie in memory beside the runtime's copies until the session is made.
 */
export class ExternalWeights {
  readonly list: readonly ExternalWeight[]
  /** What reading failed with: the runtime only says that it did. */
  failure: unknown
  private readonly buffer: ArrayBuffer

  constructor(
    private readonly checkpoint: Checkpoint,
    names: readonly string[],
  ) {
    const lengths = names.map((name) => checkpoint.weight(name).byteLength)
    this.buffer = new ArrayBuffer(0, { maxByteLength: Math.max(...lengths) })
    this.list = names.map((path, i) => ({
      path,
      data: new UnreadBytes(lengths[i], () => this.read(path, lengths[i])),
    }))
  }

  /** Gives the buffer's memory back at once: 154 MB for gpt2, which the garbage collector may leave for long. */
  release(): void {
    this.buffer.resize(0)
  }

  private read(name: string, byteLength: number): Uint8Array {
    try {
      if (this.buffer.byteLength < byteLength) this.buffer.resize(byteLength)
      const bytes = new Uint8Array(this.buffer, 0, byteLength)
      this.checkpoint.readNow(name, bytes)
      return bytes
    } catch (error) {
      this.failure = error
      throw error
    }
  }
}

/**
 * ONNX Runtime wants a Uint8Array, of which it asks for `byteLength` and then, once, for the `subarray`
 * that it copies into the heap: true of onnxruntime-web 1.30.0, and held by a test.
 */
class UnreadBytes extends Uint8Array {
  constructor(
    private readonly unreadLength: number,
    private readonly readAll: () => Uint8Array,
  ) {
    super(0)
  }

  override get byteLength(): number {
    return this.unreadLength
  }

  override subarray(start = 0, end = this.unreadLength): Uint8Array<ArrayBuffer> {
    return this.readAll().subarray(start, end) as Uint8Array<ArrayBuffer>
  }
}
