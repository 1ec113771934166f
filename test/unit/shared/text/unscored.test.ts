import { describe, expect, it } from 'vitest'

import type { InspectionState } from '../../../../src/shared/contracts/panel/inspection'
import { unscoredReason } from '../../../../src/shared/text/unscored'
import {
  alternative,
  distribution,
  inspection,
  prediction,
  section,
  TOKENS,
} from '../../../support/texts/samples'

const NEXT = distribution(1, [alternative(TOKENS.newline, 0.5)])
const ANSWERED = inspection([section([prediction(0, TOKENS.the)], NEXT)])
const FIRST = { section: 0, position: 0 }
const AFTER_LAST = { section: 0, position: 1 }

describe('the reason why a row has no prediction', () => {
  it.each([FIRST, AFTER_LAST])('is null for a row that has one: %o', (address) => {
    expect(unscoredReason(ANSWERED, address)).toBeNull()
  })

  it('is the missing context for a token that the run could not predict, even while it runs', () => {
    const running = inspection([section([prediction(0, TOKENS.the, null)])], { state: { kind: 'running' } })

    expect(unscoredReason(running, FIRST)).toBe('noContext')
  })

  it.each<[InspectionState, string]>([
    [{ kind: 'running' }, 'pending'],
    [{ kind: 'cancelled' }, 'cancelled'],
    [{ kind: 'interrupted' }, 'interrupted'],
    [{ kind: 'failed', message: '', remedies: [] }, 'failed'],
    [{ kind: 'done', seconds: 1 }, 'noContext'],
  ])('is how far the run got for the row after the last token: %o', (state, reason) => {
    const unanswered = inspection([section([prediction(0, TOKENS.the)])], { state })

    expect(unscoredReason(unanswered, AFTER_LAST)).toBe(reason)
  })
})
