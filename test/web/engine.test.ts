import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ModelInfo } from '../../src/shared/contracts/engine/prediction'
import { elementAt } from '../../src/shared/elementAt'
import { disagreements, scoreDisagreements } from '../support/reference/referenceAgreement'
import { referenceText } from '../support/reference/referenceTexts'
import { type EngineInBrowser, openEnginePage } from './engineInBrowser'
import type { EnginePage } from './enginePage'

const MINI = { id: 'mini', description: 'The embedded model.' }
const reference = referenceText('typescript +bos')

declare const page: EnginePage

describe.each([
  { isolated: true, threads: 2 },
  { isolated: false, threads: 1 },
])('The engine in a window that is isolated: $isolated', ({ isolated, threads }) => {
  let browser: EngineInBrowser
  beforeAll(async () => {
    browser = await openEnginePage({ isolated })
    await browser.page.evaluate((model) => {
      page.start({ model, backend: 'wasm', precision: 'fp32', threads: 2 })
    }, MINI)
  })
  afterAll(() => browser.close())

  it('tokenizes without requesting the model', async () => {
    const tokenIds = await browser.page.evaluate(
      async (text) => [...(await page.service().tokenize(text)).tokenIds],
      reference.text,
    )

    expect(Int32Array.from(tokenIds)).toEqual(reference.tokenIds)
    expect(await browser.page.evaluate(() => page.requested)).toEqual([
      'engineWorker.web.js',
      'tiktoken_bg.wasm',
      'gpt2.json',
    ])
  })

  it('has more than one thread only if the window is isolated', async () => {
    const model: ModelInfo = await browser.page.evaluate(() => page.service().model())

    expect(model).toMatchObject({ id: 'mini', backend: 'wasm', precision: 'fp32', threads })
  })

  it('gives the reference’s numbers at every position', async () => {
    const { scores, next } = await browser.page.evaluate(
      ({ tokenIds, startToken }) =>
        page.service().predict({
          tokenIds: Int32Array.from(tokenIds),
          from: 0,
          to: tokenIds.length,
          startToken,
          topK: 12,
          temperature: 1,
        }),
      { tokenIds: [...reference.tokenIds], startToken: reference.startToken },
    )

    const scored = scores.filter((score) => score !== null)
    expect(scored.length).toBe(reference.tokenIds.length)
    expect(
      scored.flatMap((score, row) => scoreDisagreements(score, elementAt(reference.positions, row))),
    ).toEqual([])
    expect(next && disagreements(next, elementAt(reference.positions, scored.length))).toEqual([])
  })

  it('compares the model with another one, whose files the worker requests by its id', async () => {
    const { tokens, baseline } = await browser.page.evaluate(() =>
      page.compare('The cat sat.', {
        location: { id: 'other', folder: '', description: '', storage: 'logitscope' },
        precision: 'fp32',
      }),
    )

    expect(baseline).toMatchObject({ id: 'other', backend: 'wasm' })
    expect(tokens.map(({ kl }) => Math.abs(kl) < 1e-6)).toEqual([true, true, true, true])
    expect(await browser.page.evaluate(() => page.requested)).toContain('model other')
  })

  it('logs no warning or error', () => {
    expect(browser.complaints).toEqual([])
  })
})
