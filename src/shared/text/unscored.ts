import { assertNever } from '../assertNever'
import type { Inspection } from '../contracts/panel/inspection'
import type { TokenAddress } from '../contracts/panel/protocol'
import { elementAt } from '../elementAt'

/**
 * Why a row has no prediction: not yet, no token precedes it, or the run ended before it. `uncompared`: the views show the
 * baseline's side of a comparison, which does not have the row.
 */
export type Unscored = 'pending' | 'noContext' | 'cancelled' | 'interrupted' | 'failed' | 'uncompared'

/**
 * Null if the row has a prediction.
 *
 * @throws RangeError if there is no such section
 */
export function unscoredReason(inspection: Inspection, { section, position }: TokenAddress): Unscored | null {
  const { tokens, predictions, next } = elementAt(inspection.sections, section)
  const prediction = predictions.at(position)
  if (prediction !== undefined) return prediction.score === null ? 'noContext' : null
  if (position === tokens.length && next !== null) return null
  const { kind } = inspection.state
  switch (kind) {
    case 'running':
      return 'pending'
    case 'done':
      return 'noContext' // the run has answered for every token, so this is the end of a text without any
    case 'cancelled':
    case 'interrupted':
    case 'failed':
      return kind
    default:
      return assertNever(kind)
  }
}

/** A few words for a row of the table: `not scored yet` */
export function describeUnscored(reason: Unscored): string {
  return TEXTS[reason].short
}

/** A sentence without its full stop, for a screen reader: `Not scored yet` */
export function speakUnscored(reason: Unscored): string {
  return TEXTS[reason].spoken
}

const TEXTS: Readonly<Record<Unscored, { readonly short: string; readonly spoken: string }>> = {
  pending: { short: 'not scored yet', spoken: 'Not scored yet' },
  noContext: {
    short: 'no context, no prediction',
    spoken: 'No prediction, because no token precedes it',
  },
  cancelled: {
    short: 'not scored: cancelled',
    spoken: 'Not scored, because the inspection was cancelled',
  },
  interrupted: {
    short: 'not scored: window reloaded',
    spoken: 'Not scored, because the window was reloaded during the inspection',
  },
  uncompared: { short: 'not compared', spoken: 'Not compared' },
  failed: { short: 'not scored: failed', spoken: 'Not scored, because the inspection failed' },
}
