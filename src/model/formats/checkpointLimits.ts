import { formatCount } from '../../shared/text/format'

/**
 * The most that the files of a checkpoint may contain together. The values are far above real checkpoints (the headers
 * of gpt2-xl have 0.06 MB and 580 tensors, in one file), and what is read within them fits into memory.
 */
export interface CheckpointLimits {
  readonly headerBytes: number
  readonly tensors: number
  readonly shards: number
}

export const CHECKPOINT_LIMITS: CheckpointLimits = {
  headerBytes: 32 * 1024 ** 2,
  tensors: 100_000,
  shards: 1_000,
}

/** A checkpoint exceeds a limit; the message says which one, as the end of a sentence. */
export class CheckpointLimitError extends Error {}

/** Counts headers and tensors of a checkpoint's files. The methods throw CheckpointLimitError above the limits. */
export class HeaderBudget {
  private headerBytes = 0
  private tensors = 0

  constructor(private readonly limits: CheckpointLimits = CHECKPOINT_LIMITS) {}

  /** To be called before a header of this length is read. */
  addHeader(bytes: number): void {
    this.headerBytes += bytes
    const { headerBytes } = this.limits
    if (this.headerBytes > headerBytes)
      throw new CheckpointLimitError(
        `the checkpoint’s headers have more than ${formatCount(headerBytes)} bytes together`,
      )
  }

  addTensors(count: number): void {
    this.tensors += count
    const { tensors } = this.limits
    if (this.tensors > tensors)
      throw new CheckpointLimitError(`the checkpoint has more than ${formatCount(tensors)} tensors`)
  }
}
