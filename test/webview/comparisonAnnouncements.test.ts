import { describe, expect, it } from 'vitest'

import type { ComparisonState } from '../../src/shared/contracts/panel/comparison'
import { comparisonAnnouncement } from '../../webview/controllers/comparisonAnnouncements'
import { TokenLabels } from '../../webview/tokens/tokenLabels'
import { comparedModels, runningComparison } from '../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const labels = new TokenLabels(vocabulary)
const models = comparedModels(vocabulary)
const before = { ...models, comparison: undefined }
const running = runningComparison(models, 40)
const inState = (state: ComparisonState) => ({ ...running, comparison: { ...running.comparison, state } })

describe('the announcement of a comparison', () => {
  it('names the sides at the start', () => {
    const text = comparisonAnnouncement(before, inState({ kind: 'loading' }), labels)

    expect(text).toBe('Comparing mini vs gpt2.')
  })

  it('has the figures at the end, and where the sides are furthest apart', () => {
    const text = comparisonAnnouncement(running, models, labels)

    expect(text).toBe(
      'Compared: 85 tokens, 2.80 bits per token for mini and 2.39 for gpt2, KL 0.269 nats, same top token in 78 percent. ' +
        'Furthest apart: Config, leading space, token 63, 9.98 bits likelier for gpt2.',
    )
  })

  it('says how far a cancelled comparison came', () => {
    const text = comparisonAnnouncement(running, inState({ kind: 'cancelled' }), labels)

    expect(text).toBe('Comparison cancelled after 40 of 85 tokens.')
  })

  it('says that the comparison has ended', () => {
    expect(comparisonAnnouncement(models, before, labels)).toBe('The comparison has ended.')
  })

  it('says nothing while tokens are compared, and of a failure, which is an alert', () => {
    const failed = inState({ kind: 'failed', message: 'gpt2 is missing.', remedies: [] })

    expect(comparisonAnnouncement(running, runningComparison(models, 60), labels)).toBeNull()
    expect(comparisonAnnouncement(running, failed, labels)).toBeNull()
  })
})
