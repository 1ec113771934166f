import { beforeAll, describe, expect, it } from 'vitest'
import { compareInspection } from '../../../../src/prediction/compare/compareInspection'
import { Comparisons } from '../../../../src/prediction/compare/comparisons'
import {
  prepareInspection,
  type PreparedInspection,
} from '../../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import type { ContextMode } from '../../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../../src/shared/elementAt'
import { CancelledError } from '../../../../src/shared/errors'
import { connect, freshEngine, loadMini, LOADING_LIMIT_MS } from '../../../support/engine/engineUnderTest'

const TEXT = 'The cat sat on the mat.\nThe cat slept on the mat.\n'
const SECOND_LINE = { start: 24, end: TEXT.length }

describe('compareInspection', () => {
  let service: PredictionService
  let comparisons: Comparisons

  beforeAll(async () => {
    const engine = connect(freshEngine(await loadMini()))
    service = new PredictionService(engine)
    comparisons = new Comparisons(engine, service)
  }, LOADING_LIMIT_MS)

  it('compares section by section, each with its own start, tokens and next distribution', async () => {
    const shown = await prepare('document', { start: 0, end: 24 }, SECOND_LINE)
    const events: string[] = []

    await compareInspection(
      comparisons,
      { shown, baseline: { sequences: shown.sequences } },
      {
        onStart: (section, { shared }) => events.push(`start ${section} ${shared}`),
        onTokens: (section, tokens) => events.push(`tokens ${section} ${tokens.length}`),
        onNext: (section) => events.push(`next ${section}`),
      },
    )

    expect(events).toEqual(['start 0 8', 'tokens 0 8', 'next 0', 'start 1 8', 'tokens 1 8', 'next 1'])
  })

  it('compares a selection with the text before it and without', async () => {
    const shown = await prepare('document', SECOND_LINE)
    const alone = await prepare('selection', SECOND_LINE)
    const deltas: number[] = []

    await compareInspection(
      comparisons,
      { shown, baseline: { sequences: alone.sequences } },
      {
        onTokens: (_, tokens) =>
          deltas.push(...tokens.map(({ score, baselineScore }) => score.logProb - baselineScore.logProb)),
      },
    )

    // The line before has the same words.
    expect(elementAt(deltas, 1)).toBeGreaterThan(1)
  })

  it('stops when it is cancelled', async () => {
    const shown = await prepare('document', { start: 0, end: 24 }, SECOND_LINE)
    const cancellation = new AbortController()
    const sections: number[] = []

    const comparing = compareInspection(
      comparisons,
      { shown, baseline: { sequences: shown.sequences } },
      {
        signal: cancellation.signal,
        onNext: (section) => {
          sections.push(section)
          cancellation.abort(new CancelledError())
        },
      },
    )

    await expect(comparing).rejects.toThrow(CancelledError)
    expect(sections).toEqual([0])
  })

  function prepare(
    context: ContextMode,
    ...ranges: { start: number; end: number }[]
  ): Promise<PreparedInspection> {
    return prepareInspection(service, {
      id: 'a',
      documentUri: 'file:///cat.txt',
      documentName: 'cat.txt',
      text: TEXT,
      ranges: ranges.map((range) => ({ range, lines: { first: 1, last: 1 } })),
      context,
      startToken: true,
      topK: 1,
    })
  }
})
