import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/prediction'
import type { SamplingSettings } from '../../src/shared/contracts/samplingSettings'
import { vocabulary } from '../support/panel/panelHarness'
import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()

const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0 }
const NUCLEUS = { temperature: 0.8, topK: 0, topP: 0.9, minP: 0 }
const [section] = typescript.sections
/** The beginning of the first token, `export`. */
const TYPED = 'exp'

describe('a completion in the panel', () => {
  it('says how it was drawn, and has no start token to switch', async () => {
    await test.show(completionDrawnBy(NUCLEUS))

    expect(await test.text('header')).toContain('Completion · temperature 0.8, top-p 0.9, seed 7')
    expect(await test.text('header')).not.toContain('perplexity')
    expect(await test.page.getByRole('switch').count()).toBe(0)
  })

  it('names its candidates by their probability', async () => {
    await test.show(completionDrawnBy(GREEDY))

    const titles = ['Candidate 1 · 24 %', 'Candidate 2 · 3 %']
    expect(await test.page.locator('logitscope-strip h2').allInnerTexts()).toEqual(titles)
    expect((await test.page.locator('.row.section').allInnerTexts()).map((title) => title.trim())).toEqual(
      titles,
    )
  })

  it('names the only candidate as well', async () => {
    await test.show({ ...completionDrawnBy(GREEDY), sections: [section] })

    expect(await test.text('.row.section')).toContain('Candidate 1 · 24 %')
  })

  it('marks the tokens that cover what was typed', async () => {
    await test.show(completionDrawnBy(GREEDY))

    expect(await test.page.locator('[data-section="0"] .running-text .typed').count()).toBe(0)
    expect(await test.page.locator('.running-text[data-section="0"] .typed').allInnerTexts()).toEqual([
      'export',
    ])
    expect(await test.attribute('#row-0-0', 'aria-label')).toContain('Covers what was typed')
    expect(await test.attribute('#row-0-1', 'aria-label')).not.toContain('Covers what was typed')
    expect(await test.text('.legend')).toContain('typed')
  })

  it('begins with the settings that it was drawn with, and goes back to them', async () => {
    await test.show(completionDrawnBy(NUCLEUS))
    const temperature = test.page.getByLabel('Temperature', { exact: true })
    expect(await temperature.inputValue()).toBe('0.8')
    await temperature.fill('1.5')

    await test.page.getByRole('button', { name: 'Reset' }).click()

    await eventually(() => temperature.inputValue()).toBe('0.8')
  })

  it('leaves the user’s own settings when a text is inspected next', async () => {
    const panel = await test.show(completionDrawnBy(NUCLEUS))

    await panel.send({ type: 'showInspection', inspection: typescript, focus: true })

    await eventually(() => test.page.getByLabel('Temperature', { exact: true }).inputValue()).toBe('1')
  })

  it('gives tokens that cover what was typed no shares of their own, and cuts those that could not', async () => {
    const panel = await test.show(completionDrawnBy({ ...GREEDY, temperature: 1 }))
    const address = { inspectionId: typescript.id, section: 0, position: 0 }
    await test.posted('requestLogits', address)

    await panel.send({ type: 'logits', ...address, logits: likingOnly(['import', 'export', 'exp', 'ex']) })

    await eventually(() => sampledShares(4)).toEqual({ import: 'cut', export: '–', exp: '–', ex: '–' })
    expect(await test.text('.detail')).toContain('only tokens that go on with exp could be drawn')
    expect(await test.text('.sampling')).toContain('chosen as a whole')
  })

  it('samples where nothing was typed', async () => {
    const completion = completionDrawnBy({ ...GREEDY, temperature: 1 })
    const generation = completion.generation && { ...completion.generation, typed: [] }
    const panel = await test.show({ ...completion, generation })
    const address = { inspectionId: typescript.id, section: 0, position: 0 }
    await test.posted('requestLogits', address)

    await panel.send({ type: 'logits', ...address, logits: likingOnly(['import', 'export']) })

    await eventually(() => sampledShares(2)).toEqual({ import: '50.0 %', export: '50.0 %' })
  })

  it('samples among all of them where nothing typed is left', async () => {
    const panel = await test.show(completionDrawnBy({ ...GREEDY, temperature: 1 }))
    await test.page.keyboard.press('ArrowDown')
    const address = { inspectionId: typescript.id, section: 0, position: 1 }
    await test.posted('requestLogits', address)

    await panel.send({ type: 'logits', ...address, logits: likingOnly(['import', 'export', 'exp', 'ex']) })

    await eventually(() => sampledShares(4)).toEqual({
      import: '25.0 %',
      export: '25.0 %',
      exp: '25.0 %',
      ex: '25.0 %',
    })
    expect(await test.text('.detail')).not.toContain('could be drawn')
  })

  it('says why a greedy candidate does not begin with the likeliest token', async () => {
    const panel = await test.show(completionDrawnBy(GREEDY))

    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 1, position: 0 })

    await test.page
      .locator('.detail', { hasText: 'Candidate 2 begins with another of the likeliest ways' })
      .waitFor()
  })
})

function completionDrawnBy(sampling: SamplingSettings): Inspection {
  return {
    ...typescript,
    sections: [section, section],
    generation: {
      sampling,
      seed: 7,
      typed: [...Buffer.from(TYPED)],
      candidates: [
        { probability: 0.24, typedTokens: 1 },
        { probability: 0.03, typedTokens: 1 },
      ],
    },
  }
}

/** A row of logits that gives these tokens all of the probability, and each the same. */
function likingOnly(tokens: readonly string[]): Float32Array {
  return Float32Array.from({ length: vocabulary.size }, (_, tokenId) =>
    tokens.includes(Buffer.from(vocabulary.bytesOf(tokenId)).toString()) ? 30 : 0,
  )
}

/** The sampled column of the first rows, by token. */
async function sampledShares(count: number): Promise<Record<string, string>> {
  const rows = await test.page.locator('.candidates tbody tr').allInnerTexts()
  const cells = rows.slice(0, count).map((row) => row.split(/[\t\n]+/).map((cell) => cell.trim()))
  return Object.fromEntries(cells.map((row) => [row[0], row[row.length - 2]]))
}
