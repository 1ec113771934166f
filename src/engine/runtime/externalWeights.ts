import type { SessionWeights } from './runtime'

/** External data in the form that `InferenceSession.create` accepts. */
export interface ExternalWeight {
  readonly path: string
  readonly data: Uint8Array
}

/**
 * A graph's weights. Each is read when ONNX Runtime copies it, all into the same buffer: as ordinary arrays they would
 * stay in memory in addition to the runtime's copies until the session is created.
 */
export class ExternalWeights {
  readonly list: readonly ExternalWeight[]
  /** The error of a failed read. The runtime's own error only says that reading failed. */
  failure: unknown
  private readonly buffer: ArrayBuffer

  constructor(
    private readonly checkpoint: SessionWeights,
    names: readonly string[],
  ) {
    const weights = names.map((path) => ({ path, byteLength: checkpoint.weight(path).byteLength }))
    this.buffer = new ArrayBuffer(0, {
      maxByteLength: Math.max(...weights.map(({ byteLength }) => byteLength)),
    })
    this.list = weights.map(({ path, byteLength }) => ({
      path,
      data: new UnreadBytes(byteLength, () => this.read(path, byteLength)),
    }))
  }

  /** Frees the buffer's memory, 154 MB for gpt2, at once: the garbage collector may take long to do it. */
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
 * Bytes that are read on demand. ONNX Runtime takes a Uint8Array, reads its `byteLength`, and then calls `subarray` once
 * for the bytes that it copies into its heap. That is the behaviour of onnxruntime-web 1.30.0; a test checks it.
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
