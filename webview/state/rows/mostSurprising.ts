import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import type { TokenPrediction } from '../../../src/shared/contracts/engine/prediction'

/** A prediction and the index of its section. */
interface PlacedPrediction {
  readonly section: number
  readonly prediction: TokenPrediction
}

/** The prediction with the highest surprisal so far, the first of equal ones; null if no token has a prediction. */
export function mostSurprising({ sections }: Inspection): PlacedPrediction | null {
  let most: PlacedPrediction | null = null
  for (const [section, { predictions }] of sections.entries())
    for (const prediction of predictions)
      if (most === null || bitsOf(prediction) > bitsOf(most.prediction)) most = { section, prediction }
  return most
}

function bitsOf({ score }: TokenPrediction): number {
  return score?.surprisal ?? -1
}
