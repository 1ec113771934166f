import { describe, expect, it } from 'vitest'

import type { ComparisonState } from '../../src/shared/contracts/panel/comparison'
import { LensRows } from '../../src/shared/contracts/panel/lensRows'
import { elementAt } from '../../src/shared/elementAt'
import type { ComparedInspection } from '../../src/shared/text/comparisonText'
import { RowStore } from '../../webview/state/rows/rows'
import { type Uncompared, uncomparedReason } from '../../webview/state/rows/uncompared'
import {
  comparedContexts,
  comparedModels,
  comparedTexts,
  EDIT,
  runningComparison,
} from '../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const texts = comparedTexts(vocabulary)
const half = runningComparison(comparedModels(vocabulary), 40)

function reasonAt(inspection: ComparedInspection, position: number): Uncompared | null {
  const rows = new RowStore().rowsOf({ inspection, previous: null, lens: LensRows.EMPTY })
  return uncomparedReason(inspection, elementAt(elementAt(rows, 0), position))
}

/** The comparison without a start token if nothing precedes the baseline's first token. */
function withoutFirst(inspection: ComparedInspection): ComparedInspection {
  const { comparison } = inspection
  const sections = comparison.sections.map((section) => ({
    ...section,
    tokens: [...section.tokens].slice(1),
  }))
  return { ...inspection, comparison: { ...comparison, sections } }
}

/** The comparison with a text that has another first token. */
function withOtherFirst(inspection: ComparedInspection): ComparedInspection {
  const { comparison } = withoutFirst(inspection)
  const sections = comparison.sections.map((section) => ({
    ...section,
    baselineOnly: [{ position: 0, tokenIds: [0] }, ...section.baselineOnly],
  }))
  return { ...inspection, comparison: { ...comparison, sections } }
}

function inState(inspection: ComparedInspection, state: ComparisonState): ComparedInspection {
  return { ...inspection, comparison: { ...inspection.comparison, state } }
}

describe('a row that has only the shown side', () => {
  it('is a token that the baseline’s text does not have', () => {
    expect(reasonAt(texts, EDIT.onlyShown)).toBe('onlyShown')
  })

  it('is known to be one as soon as a later token is compared', () => {
    const running = inState(texts, { kind: 'running' })

    expect(reasonAt(running, EDIT.onlyShown)).toBe('onlyShown')
  })

  it.each([
    ['the context', withoutFirst(comparedContexts(vocabulary)), 0, 'first'],
    ['a text that begins alike', withoutFirst(texts), 0, 'first'],
    ['a text that begins with another token', withOtherFirst(texts), 0, 'onlyShown'],
    ['a text that begins alike, at a later token', withoutFirst(texts), EDIT.onlyShown, 'onlyShown'],
  ])(
    'may be the first token, which nothing precedes on the other side: %s',
    (_, inspection, position, reason) => {
      expect(reasonAt(inspection, position)).toBe(reason)
    },
  )

  it('is not aligned if the texts differ too much', () => {
    const { comparison } = texts
    const sections = comparison.sections.map((section) => ({ ...section, isComplete: false }))
    const apart = { ...texts, comparison: { ...comparison, sections } }

    expect(reasonAt(apart, EDIT.onlyShown)).toBe('notAligned')
  })

  it('may be the row after the text, if the texts end differently', () => {
    const { comparison } = texts
    const sections = comparison.sections.map((section) => ({ ...section, next: null }))

    expect(reasonAt({ ...texts, comparison: { ...comparison, sections } }, 85)).toBe('otherEnd')
  })

  it.each<[ComparisonState, Uncompared]>([
    [{ kind: 'loading' }, 'pending'],
    [{ kind: 'running' }, 'pending'],
    [{ kind: 'cancelled' }, 'cancelled'],
    [{ kind: 'interrupted' }, 'interrupted'],
    [{ kind: 'failed', message: 'The engine stopped.', remedies: [] }, 'failed'],
  ])('is not reached in the state %o', (state, reason) => {
    expect(reasonAt(inState(half, state), 60)).toBe(reason)
  })
})

it('a compared row has both sides', () => {
  expect(reasonAt(half, 20)).toBeNull()
})
