import type { Precision } from '../../shared/contracts/engine/prediction'

/** Decides how many positions one step of the transformer has. */
export interface StepPolicy {
  /** Positions of the next step. */
  readonly positions: number
  /** Tells the policy that a step over this many positions took this long. */
  measured(positions: number, milliseconds: number): void
}

/**
 * Minimum number of positions in a step; such a step takes about the same time in both precisions. A cancel or a more
 * urgent request takes effect between two steps. A run of the LM head has at most this many rows: its logits are large,
 * and more rows do not make it faster.
 */
export const MIN_STEP_POSITIONS: Record<Precision, number> = { fp32: 64, int8: 128 }

/** Maximum time of one step in milliseconds. A hover or a cancel may have to wait this long. */
const MAX_STEP_MS = 250
/** Larger steps are no faster, and their masks and attention scores get large. */
const MAX_STEP_POSITIONS = 256

/**
 * Adapts the size of a step to the measured speed. Larger steps take less time for each position; with smaller ones a
 * cancel or a more urgent request takes effect sooner. The time limit is the same for every model and machine.
 */
export class MeasuredStepSize implements StepPolicy {
  private size: number

  /** @param minPositions the size of the first step; every other size is a multiple of it */
  constructor(private readonly minPositions: number) {
    this.size = minPositions
  }

  get positions(): number {
    return this.size
  }

  measured(positions: number, milliseconds: number): void {
    // A step over a few tokens takes as long as one over many, so its time says nothing about the speed.
    if (positions < this.minPositions) return
    const affordable = (MAX_STEP_MS / milliseconds) * positions
    const multiple =
      Math.floor(Math.min(affordable, MAX_STEP_POSITIONS) / this.minPositions) * this.minPositions
    this.size = Math.max(multiple, this.minPositions)
  }
}

/** The policy of the product. */
export function measuredStepSize(precision: Precision): StepPolicy {
  return new MeasuredStepSize(MIN_STEP_POSITIONS[precision])
}
