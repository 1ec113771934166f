import { describe, expect, it } from 'vitest'

import { type SpokenRow, speakRow } from '../../../../src/shared/text/spokenRow'
import { alternative, distribution, TOKENS } from '../../../support/texts/samples'

const ROW: SpokenRow = {
  tokenId: null,
  position: 2,
  tokenCount: 2,
  score: null,
  distribution: distribution(2, [alternative(TOKENS.newline, 0.5)]),
  unscored: null,
  typed: false,
}

function spoken(row: Partial<SpokenRow>): string {
  return speakRow({ ...ROW, ...row }, () => 'newline')
}

describe('A spoken row', () => {
  it('ends with the most likely token', () => {
    expect(spoken({})).toBe('Next, after the last of 2 tokens. Expected newline, 50 percent.')
  })

  it('says that its numbers are those of the previous run', () => {
    expect(spoken({ unscored: 'pending' })).toBe(
      'Next, after the last of 2 tokens. Expected newline, 50 percent. From the previous run.',
    )
  })

  it.each([
    ['pending', 'Not scored yet.'],
    ['noContext', 'No prediction, because no token precedes it.'],
    ['cancelled', 'Not scored, because the inspection was cancelled.'],
    ['interrupted', 'Not scored, because the window was reloaded during the inspection.'],
    ['failed', 'Not scored, because the inspection failed.'],
  ] as const)('says why it has no numbers: %s', (unscored, sentence) => {
    expect(spoken({ unscored, distribution: null })).toBe(`Next, after the last of 2 tokens. ${sentence}`)
  })
})
