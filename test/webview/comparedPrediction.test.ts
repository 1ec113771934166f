import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { formatDivergence, formatProbability } from '../../src/shared/text/format'
import { comparedModels, comparedTexts, EDIT, runningComparison } from '../support/panel/comparedInspection'
import { layoutProblems } from './layoutProblems'
import { eventually, panelUnderTest, vocabulary } from './panelUnderTest'
import { openPart } from './pickedToken'

const test = panelUnderTest()
const models = comparedModels(vocabulary)
const { tokens, next } = elementAt(models.comparison.sections, 0)
/** ` Config`, which gpt2 finds likelier. */
const PICKED = { section: 0, position: 63 }
const picked = tokens.at(PICKED.position)
if (picked === undefined || next === null) throw new Error('every token of the sample is compared')

/** The cells of each row of a table, without the spaces between them. */
async function cellsOf(selector: string): Promise<string[][]> {
  const rows = await test.page.locator(selector).all()
  return Promise.all(
    rows.map(async (row) => {
      const cells = await row.locator('th, td').allInnerTexts()
      return cells.map((cell) => cell.trim()).filter((cell) => cell !== '')
    }),
  )
}

describe('the figures of a compared token', () => {
  it('are those of both sides, with the difference of their log-probabilities', async () => {
    await test.show(models, { picked: PICKED })

    expect(await cellsOf('.pair-facts tr')).toEqual([
      ['probability', 'rank', 'surprisal', 'Δ log₂ p'],
      ['mini', '9.4e-5', '173', '13.37 bits'],
      ['gpt2', '9.5 %', '2', '3.40 bits', '−9.98'],
    ])
  })

  it('are followed by the divergences of this position in nats', async () => {
    await test.show(models, { picked: PICKED })

    const { kl, jensenShannon } = picked
    const [shown, baseline] = [picked.score.entropy.toFixed(2), picked.baselineScore.entropy.toFixed(2)]
    expect(await test.texts('.divergence span')).toEqual([
      `KL ${formatDivergence(kl)}`,
      `JS ${formatDivergence(jensenShannon)} nats`,
      `entropy ${shown} vs ${baseline} bits`,
    ])
  })

  it('take the shown side from the comparison, which may have run on another backend', async () => {
    const section = elementAt(models.sections, 0)
    const predictions = [...section.predictions].map((prediction) =>
      prediction.score === null
        ? prediction
        : { ...prediction, score: { ...prediction.score, rank: prediction.score.rank + 1000 } },
    )

    await test.show({ ...models, sections: [{ ...section, predictions }] }, { picked: PICKED })

    expect((await cellsOf('.pair-facts tbody tr'))[0]).toContain('173')
  })

  it('are the entropies of the token after the text', async () => {
    await test.show(models, { picked: { section: 0, position: 85 } })

    expect(await cellsOf('.pair-facts tr')).toEqual([
      ['entropy'],
      ['mini', `${next.shown.entropy.toFixed(2)} bits`],
      ['gpt2', `${next.baseline.entropy.toFixed(2)} bits`],
    ])
    expect(await test.text('.divergence')).toContain(`KL ${formatDivergence(next.kl)}`)
  })
})

describe('the mirrored list', () => {
  it('has the most likely token of either side first, and both probabilities of each', async () => {
    await test.show(models, { picked: PICKED })

    const [first, second] = await cellsOf('.mirror .candidate')
    const lines = await cellsOf('.mirror .candidate')
    expect(first).toEqual(['82.5 %', '·Error', '47.4 %'])
    expect(second).toEqual(['9.4e-5', '·Config', '9.5 %'])
    expect(lines).toHaveLength(9)
  })

  it('marks the actual token', async () => {
    await test.show(models, { picked: PICKED })

    expect(await test.text('.mirror .actual .label')).toBe('·Config')
  })

  it('says of a token that a side does not list how likely it is at most', async () => {
    await test.show(models, { picked: PICKED })

    const last = elementAt([...picked.score.top], picked.score.top.length - 1)
    expect(await test.text('.mirror .number.dim')).toBe(`≤${formatProbability(Math.exp(last.logProb))}`)
    expect(await test.attribute('.mirror .number.dim', 'title')).toBe(
      'Not among the most likely tokens of mini',
    )
  })

  it('opens to all tokens that either side lists', async () => {
    await test.show(models, { picked: PICKED })

    await test.page.getByRole('button', { name: 'more…' }).click()

    const ids = [...picked.score.top, ...picked.baselineScore.top].map(({ tokenId }) => tokenId)
    await eventually(() => test.page.locator('.mirror .candidate').count()).toBe(new Set(ids).size)
  })

  it('keeps its height from token to token', async () => {
    await test.show(models, { picked: PICKED })
    const heightOf = async () => (await test.page.locator('.mirror').boundingBox())?.height
    const before = await heightOf()

    await test.page.keyboard.press('End')

    await eventually(() => test.text('.pair-facts thead')).toContain('entropy')
    expect(await heightOf()).toBe(before)
  })
})

describe('a token that is not compared', () => {
  it('has the shown side only if only the shown text has it, and says so', async () => {
    await test.show(comparedTexts(vocabulary), { picked: { section: 0, position: EDIT.onlyShown } })

    expect(await test.text('.uncompared')).toBe('Only readConfig.ts has this token, so it is not compared.')
    expect(await test.texts('.candidates .candidate')).toHaveLength(5)
    expect(await test.texts('.mirror')).toEqual([])
  })

  it('gets both sides as soon as the comparison reaches it', async () => {
    const half = runningComparison(models, 40)
    const panel = await test.show(half, { picked: PICKED })
    expect(await test.text('.uncompared')).toBe('Not compared yet.')

    const rest = tokens.slice(40)
    await panel.send({ type: 'appendCompared', inspectionId: models.id, section: 0, tokens: rest })

    await eventually(() => test.texts('.mirror .candidate')).toHaveLength(9)
  })
})

describe('the panel names the side', () => {
  it('that sampling draws from, in Sampling', async () => {
    await test.show(models, { picked: PICKED })

    await openPart(test, 'Sampling')

    await eventually(() => test.text('.compared-side')).toMatch(/^Samples from the shown side\s+mini$/)
  })

  it('of each log-probability, in How computed', async () => {
    await test.show(models, { picked: PICKED })

    await openPart(test, 'How computed')

    const sources = (await test.texts('.source-of-side')).map((text) => text.replaceAll(/\s+/g, ' '))
    expect(sources).toHaveLength(2)
    expect(sources[0]).toMatch(/^mini logits\[0, 63\] of \[1, 86, 50257\] logit 7\.\d+ − log-sum-exp/)
    expect(sources[1]).toMatch(/^gpt2 logits\[0, \d+\] of \[1, \d+, 50257\] logit/)
  })
})

it.each([
  [1180, 860],
  [520, 800],
  [340, 598],
])('nothing is clipped or overlaps in a panel of %i by %i pixels', async (width, height) => {
  const panel = await test.open({ width, height })
  await panel.send({ type: 'showInspection', inspection: models, picked: PICKED, focus: false })
  await test.page.getByRole('tab', { name: 'Prediction' }).click()
  await test.page.locator('.mirror').waitFor()

  const problems = await layoutProblems(test.page)

  expect(problems.filter((problem) => /mirror|pair-facts|divergence|scatter|side/.test(problem))).toEqual([])
})
