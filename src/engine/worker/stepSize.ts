/** What a person who hovers or cancels may have to wait for. */
const STEP_MS = 250
/** Beyond this nothing gets faster, and the masks and scores of a step get large. */
const MAX_POSITIONS = 256

/**
 * How many positions one step of the transformer has: larger steps take less time a position, smaller ones let a
 * cancel or a more urgent request through sooner. How long a step may take is the same for every model and machine,
 * so its size is measured.
 */
export class StepSize {
  private size: number

  /** @param least positions of a step, whatever time they take; other steps are multiples of it */
  constructor(private readonly least: number) {
    this.size = least
  }

  get positions(): number {
    return this.size
  }

  /** A step over so many positions took so long. */
  measured(positions: number, milliseconds: number): void {
    // A few tokens take as long as many: their time says nothing.
    if (positions < this.least) return
    const possible = (STEP_MS / milliseconds) * positions
    const whole = Math.floor(Math.min(possible, MAX_POSITIONS) / this.least) * this.least
    this.size = Math.max(whole, this.least)
  }
}

/** Steps of one size, for tests and measurements. */
export class FixedStepSize extends StepSize {
  override measured(): void {
    // Stays as it is.
  }
}
