import { Tensor as OrtTensor } from 'onnxruntime-common'
import type { RowBuffer } from '../rowBuffer'
import { rowCount, type Tensor, tensor } from '../tensor'

/**
 * Rows on the GPU. A prefix shares the buffer; writes are copies in the device's queue, so they run after the work that
 * was submitted before them.
 */
export class GpuRows implements RowBuffer {
  private buffer: GPUBuffer | undefined

  constructor(
    private readonly device: GPUDevice,
    private readonly nEmbd: number,
  ) {}

  get byteLength(): number {
    return this.buffer?.size ?? 0
  }

  prefix(length: number): Tensor {
    // Neither a GPU buffer nor a tensor on it can be empty.
    if (this.buffer === undefined || length === 0) return tensor.float32(new Float32Array(0), [0, this.nEmbd])
    return OrtTensor.fromGpuBuffer(this.buffer, { dataType: 'float32', dims: [length, this.nEmbd] })
  }

  copy(from: number, to: number): Tensor {
    const buffer = this.newBuffer(to - from)
    if (this.buffer !== undefined)
      this.copyRows({ buffer: this.buffer, at: from }, { buffer, at: 0 }, to - from)
    return OrtTensor.fromGpuBuffer(buffer, {
      dataType: 'float32',
      dims: [to - from, this.nEmbd],
      dispose: () => {
        buffer.destroy()
      },
    })
  }

  write(at: number, rows: Tensor, capacity: number): void {
    const before = this.buffer
    if (before === undefined || before.size < capacity * this.rowBytes) {
      this.buffer = this.newBuffer(capacity)
      if (before !== undefined) this.copyRows({ buffer: before, at: 0 }, { buffer: this.buffer, at: 0 }, at)
      before?.destroy()
    }
    const buffer = this.buffer
    if (buffer !== undefined) this.copyRows({ buffer: rows.gpuBuffer, at: 0 }, { buffer, at }, rowCount(rows))
  }

  drop(): void {
    this.buffer?.destroy()
    this.buffer = undefined
  }

  private get rowBytes(): number {
    return this.nEmbd * Float32Array.BYTES_PER_ELEMENT
  }

  private newBuffer(rows: number): GPUBuffer {
    return this.device.createBuffer({
      label: ROWS_LABEL,
      size: rows * this.rowBytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    })
  }

  private copyRows(from: Place, to: Place, rows: number): void {
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(
      from.buffer,
      from.at * this.rowBytes,
      to.buffer,
      to.at * this.rowBytes,
      rows * this.rowBytes,
    )
    this.device.queue.submit([encoder.finish()])
  }
}

/** The label of the buffers that this class creates, to tell them from the runtime's. */
export const ROWS_LABEL = 'logitscope rows'

interface Place {
  readonly buffer: GPUBuffer
  /** In rows. */
  readonly at: number
}
