import type { StepPolicy } from '../../../src/engine/worker/stepSize'

/** A policy whose steps all have this many positions, so that a test or measurement does not depend on the speed. */
export function fixedSteps(positions: number): () => StepPolicy {
  return () => ({ positions, measured: () => undefined })
}
