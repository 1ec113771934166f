import { describe, expect, it } from 'vitest'
import {
  type DocumentRequest,
  finishInspection,
  prepareInspection,
  type PreparedInspection,
  runInspection,
} from '../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import { updateInspection } from '../../../src/shared/contracts/panel/inspectionUpdate'
import type { Inspection, Section } from '../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../src/shared/elementAt'
import { ModelChangedError } from '../../../src/shared/errors'
import { connect } from '../../support/engine/engineUnderTest'
import { hashEngine, STEP_POSITIONS } from '../../support/fakes/hashEngine'
import { referenceText } from '../../support/reference/referenceTexts'

describe('Continuing an inspection', () => {
  const manyWindows = new PredictionService(connect(hashEngine()))
  const requested: DocumentRequest = {
    id: 'inspection 1',
    documentUri: 'file:///long.txt',
    documentName: 'long.txt',
    text: referenceText('long').text.slice(0, 600),
    ranges: [
      { range: { start: 0, end: 300 }, lines: { first: 1, last: 1 } },
      { range: { start: 200, end: 600 }, lines: { first: 1, last: 1 } },
    ],
    context: 'document',
    startToken: true,
    topK: 3,
  }

  it('gives the results of an unbroken run wherever it stopped', async () => {
    const prepared = await prepareInspection(manyWindows, requested)
    const whole = await finishInspection(manyWindows, prepared)
    const counts = whole.sections.map(({ predictions }) => predictions.length)
    expect(whole.sections.map(({ windows }) => windows > 3)).toEqual([true, true])

    for (const [section, count] of counts.entries()) {
      for (const scored of [1, STEP_POSITIONS, Math.floor(count / 2), count - 1, count]) {
        const stopped = stoppedAt(whole, { section, scored })
        const continued = await continueRun(manyWindows, { ...prepared, inspection: stopped })
        expect(continued).toEqual(whole.sections)
      }
    }
  })

  it('scores only the tokens that are left', async () => {
    const rows: number[] = []
    const engine = hashEngine()
    const watched = new PredictionService(
      connect({
        ...engine,
        score: (request, options) => {
          rows.push(request.targets.length)
          return engine.score(request, options)
        },
      }),
    )
    const prepared = await prepareInspection(watched, requested)
    const whole = await finishInspection(watched, prepared)
    rows.length = 0

    const last = whole.sections.length - 1
    const count = elementAt(whole.sections, last).predictions.length
    await continueRun(watched, {
      ...prepared,
      inspection: stoppedAt(whole, { section: last, scored: count - 2 }),
    })

    // Two tokens and the row after the last one.
    expect(rows).toEqual([3])
  })

  it('fails if the model is another one', async () => {
    const prepared = await prepareInspection(manyWindows, requested)
    const other = { ...prepared.inspection, model: { ...prepared.inspection.model, fingerprint: 'files 2' } }

    await expect(continueRun(manyWindows, { ...prepared, inspection: other })).rejects.toThrow(
      ModelChangedError,
    )
  })

  /** The inspection as it was when this many tokens of the section were scored. */
  function stoppedAt(whole: Inspection, at: { section: number; scored: number }): Inspection {
    const sections = whole.sections.map((section, index) => {
      if (index < at.section) return section
      const scored = index === at.section ? at.scored : 0
      return { ...section, predictions: section.predictions.slice(0, scored), next: null }
    })
    return { ...whole, sections, state: { kind: 'interrupted' } }
  }

  /** Runs a stopped inspection to its end; returns its sections. */
  async function continueRun(
    by: PredictionService,
    prepared: PreparedInspection,
  ): Promise<readonly Section[]> {
    let { inspection } = prepared
    const inspectionId = inspection.id
    await runInspection(by, prepared, {
      onPredictions: (section, predictions) => {
        inspection = updateInspection(inspection, {
          type: 'appendPredictions',
          inspectionId,
          section,
          predictions,
        })
      },
      onNext: (section, next) => {
        inspection = updateInspection(inspection, { type: 'setNext', inspectionId, section, next })
      },
    })
    return inspection.sections.map((section) => ({ ...section, predictions: [...section.predictions] }))
  }
})
