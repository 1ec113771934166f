// A backend that fails in the middle of an answer to Why: all of its parts are from the backend that finished it.

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import { answerWhy, NOTHING_KNOWN, type RowQuestion } from '../../../../src/prediction/explain/answerWhy'
import { explainToken } from '../../../../src/prediction/explain/explainToken'
import { Explanations } from '../../../../src/prediction/explain/explanations'
import { type WindowRow, windowRow } from '../../../../src/prediction/explain/windowRow'
import { whyReportOf } from '../../../../src/prediction/report/json/whyReport'
import { formatWhy } from '../../../../src/prediction/report/text/whyText'
import { prepareText } from '../../../../src/prediction/windows/inspectText'
import { PredictionService } from '../../../../src/prediction/windows/predictionService'
import { EngineStoppedError } from '../../../../src/shared/errors'
import { loadMini, LOADING_LIMIT_MS } from '../../../support/engine/engineUnderTest'
import { RouterUnderTest } from '../../../support/fakes/routerUnderTest'

const TEXT = 'The cat sat on the mat.'
const ENDED = new EngineStoppedError('The native engine has ended.')
/** An answer takes more than these runs of the transformer. */
const RUNS_OF_ANSWER = [0, 1, 2, 3, 4, 5, 6, 7, 8]

let mini: LoadedModel
beforeAll(async () => {
  mini = await loadMini()
}, LOADING_LIMIT_MS)

describe('If the native process ends in the middle of an answer', { timeout: LOADING_LIMIT_MS }, () => {
  let tested: RouterUnderTest
  let service: PredictionService
  let explanations: Explanations

  beforeEach(async () => {
    tested = new RouterUnderTest(mini)
    tested.selected = ['native']
    await tested.router.retry()
    service = new PredictionService(tested.router.api)
    explanations = new Explanations(tested.router.api, service)
  })

  afterEach(() => tested.router.dispose())

  it.each(RUNS_OF_ANSWER)('all parts are from WASM, also if it ends after %i runs', async (runs) => {
    const row = await rowOf(4)
    endAfter(runs)

    const { said } = await answer(row)

    const begin = said.indexOf('restart on wasm')
    expect(begin).toBeGreaterThanOrEqual(0)
    expect(new Set(said.slice(begin + 1))).toEqual(new Set(PARTS))
    // The parts before were complete, or further points of the curves.
    expect(PARTS.slice(0, said.slice(0, begin).length)).toEqual([...new Set(said.slice(0, begin))])
  })

  it('a part that is known from WASM is completed on WASM, also if the process is started again', async () => {
    const row = await rowOf(4)
    endAfter(0)
    const { parts } = await answer(row, { wanted: ['attribution'] })
    tested.native.replaceEngine()
    await tested.router.retry()

    const { said } = await answer(row, { known: { ...NOTHING_KNOWN, ...parts } })

    expect(await tested.backend()).toBe('native')
    expect(tested.native.engine.runs).toEqual([])
    expect(new Set(said)).toEqual(new Set(PARTS.slice(1)))
  })

  it('the report and its text name WASM', async () => {
    const prepared = await prepareText(service, { text: TEXT, startToken: true, topK: 1 })
    const attribution = explanations.attribution.bind(explanations)
    explanations.attribution = async (...call) => {
      const found = await attribution(...call)
      tested.native.engine.end(ENDED)
      return found
    }

    const explained = await explainToken({ service, explanations }, { prepared, at: 4 })

    const report = whyReportOf(explained, await service.vocabulary())
    expect(report.backend).toBe('wasm')
    expect(formatWhy(report, { input: input(explained.inputIds), columns: 80 })).toContain('(fp32, wasm)')
  })

  it('no part comes twice if no process ends', async () => {
    const { said } = await answer(await rowOf(4))

    expect(said).not.toContain('restart on wasm')
    expect([...new Set(said)]).toEqual(PARTS)
  })

  /** The native engine ends before its next run after this number of further ones. */
  function endAfter(runs: number): void {
    const { engine } = tested.native
    engine.beforeRun = (before) => {
      if (before === runs) engine.end(ENDED)
    }
  }

  async function rowOf(token: number): Promise<WindowRow> {
    const { tokenIds } = await service.tokenize(TEXT)
    const model = await service.model()
    const row = windowRow({ tokenIds, to: tokenIds.length, startToken: true, model }, token)
    if (row === undefined) throw new Error('the text has the token')
    return row
  }

  /** The kinds of the parts as they come, and the last part of each kind with the model that has computed them. */
  async function answer(row: WindowRow, question: Partial<RowQuestion> = {}) {
    const said: string[] = []
    let parts: Partial<typeof NOTHING_KNOWN> = {}
    await answerWhy(
      explanations,
      {
        row,
        tokenId: 3332,
        contrast: { kind: 'token', tokenId: 262 },
        knockedOut: [1],
        known: NOTHING_KNOWN,
        ...question,
      },
      {
        onPart: ({ kind, ...part }) => {
          said.push(kind)
          parts = { ...parts, ...part }
        },
        onRestart: (model) => {
          said.push(`restart on ${model.backend}`)
          parts = { model }
        },
      },
    )
    return { said, parts }
  }

  function input(inputIds: Int32Array): Uint8Array[] {
    return Array.from(inputIds, () => new Uint8Array(1))
  }
})

const PARTS = ['attribution', 'knockout', 'layers', 'context']
