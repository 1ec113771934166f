import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { SamplingSettings } from '../../src/shared/contracts/engine/samplingSettings'
import { comparedModels } from '../support/panel/comparedInspection'
import { eventually, panelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'
import { openPart } from './pickedToken'

const test = panelUnderTest()

const GREEDY = { temperature: 0, topK: 0, topP: 1, minP: 0 }
const NUCLEUS = { temperature: 0.8, topK: 0, topP: 0.9, minP: 0 }
/** A prefix of the first token, `export`. */
const TYPED = 'exp'

describe('a completion in the panel', () => {
  it('shows its sampling settings and has no switch for the start token', async () => {
    await test.show(completionWith(NUCLEUS))

    expect(await test.text('header')).toContain('Completion · temperature 0.8, top-p 0.9, seed 7')
    expect(await test.text('header')).not.toContain('perplexity')
    expect(await test.page.getByRole('switch').count()).toBe(0)
  })

  it('shows the probability of each candidate', async () => {
    await test.show(completionWith(GREEDY))

    const titles = ['Candidate 1 · 24 %', 'Candidate 2 · 3 %']
    expect(await test.texts('logitscope-strip h2')).toEqual(titles)
    expect((await test.texts('.row.section')).map((title) => title.trim())).toEqual(titles)
  })

  it('has a title for a single candidate too', async () => {
    await test.show({ ...completionWith(GREEDY), sections: [typescriptSection] })

    expect(await test.text('.row.section')).toContain('Candidate 1 · 24 %')
  })

  it('marks the tokens that cover the typed text', async () => {
    await test.show(completionWith(GREEDY))

    await eventually(() => test.texts('.running-text[data-section="0"] .typed')).toEqual(['export'])
    expect(await test.attribute('#row-0-0', 'aria-label')).toContain('Covers what was typed')
    expect(await test.attribute('#row-0-1', 'aria-label')).not.toContain('Covers what was typed')
    expect(await test.text('.legend')).toContain('typed')
  })

  it('says how it was generated, and marks the typed text, while it is compared', async () => {
    const { comparison } = comparedModels(vocabulary)
    const sections = [...comparison.sections, ...comparison.sections]
    await test.show({ ...completionWith(NUCLEUS), comparison: { ...comparison, sections } })

    expect(await test.text('header h1')).toContain('Completion · temperature 0.8, top-p 0.9, seed 7')
    expect(await test.text('.legend')).toMatch(/likelier for\s+gpt2\s+typed$/)
  })

  it('starts with the settings that it was generated with, and Reset restores them', async () => {
    await test.show(completionWith(NUCLEUS))
    await openPart(test, 'Sampling')
    const temperature = test.page.getByLabel('Temperature', { exact: true })
    expect(await temperature.inputValue()).toBe('0.8')
    await temperature.fill('1.5')

    await test.page.getByRole('button', { name: 'Reset' }).click()

    await eventually(() => temperature.inputValue()).toBe('0.8')
  })

  it('does not pass its settings on to the next inspection', async () => {
    const panel = await test.show(completionWith(NUCLEUS))

    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: true })

    await eventually(() => test.page.getByLabel('Temperature', { exact: true }).inputValue()).toBe('1')
  })

  it('gives tokens that cover the typed text no sampling probability, and cuts tokens that do not match it', async () => {
    const panel = await test.show(completionWith({ ...GREEDY, temperature: 1 }))
    const address = { inspectionId: typescript.id, section: 0, position: 0 }
    await panel.send({ type: 'pickFromEditor', ...address })
    const call = await test.called('logits', address)

    await call.resolve(logitsFor(['import', 'export', 'exp', 'ex']))

    await eventually(() => sampledShares(4)).toEqual({ import: 'cut', export: '–', exp: '–', ex: '–' })
    expect(await test.text('.detail')).toContain('Only tokens that match the typed text exp can be sampled')
  })

  it('says that the tokens that cover the typed text are sampled jointly', async () => {
    const panel = await test.show(completionWith(GREEDY))
    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 0, position: 0 })

    await openPart(test, 'Sampling')

    await eventually(() => test.text('.effect')).toContain('sampled jointly')
  })

  it('samples the first token if no text was typed', async () => {
    const completion = completionWith({ ...GREEDY, temperature: 0.5 })
    const generation = completion.generation && { ...completion.generation, typed: [] }
    const panel = await test.show({ ...completion, generation })
    const address = { inspectionId: typescript.id, section: 0, position: 0 }
    await panel.send({ type: 'pickFromEditor', ...address })
    const call = await test.called('logits', address)

    await call.resolve(logitsFor(['import', 'export']))

    await eventually(() => sampledShares(2)).toEqual({ import: '50.0 %', export: '50.0 %' })
  })

  it('samples all tokens after the typed text', async () => {
    const panel = await test.show(completionWith({ ...GREEDY, temperature: 0.5 }))
    const address = { inspectionId: typescript.id, section: 0, position: 1 }
    await panel.send({ type: 'pickFromEditor', ...address })
    const call = await test.called('logits', address)

    await call.resolve(logitsFor(['import', 'export', 'exp', 'ex']))

    await eventually(() => sampledShares(4)).toEqual({
      import: '25.0 %',
      export: '25.0 %',
      exp: '25.0 %',
      ex: '25.0 %',
    })
    expect(await test.text('.detail')).not.toContain('match the typed text')
  })

  it('explains why a greedy candidate does not start with the most likely token', async () => {
    const panel = await test.show(completionWith(GREEDY))

    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 1, position: 0 })

    await test.page
      .locator('.detail', { hasText: 'Candidate 2 starts with another of the most likely beginnings' })
      .waitFor()
  })
})

function completionWith(sampling: SamplingSettings): Inspection {
  return {
    ...typescript,
    sections: [typescriptSection, typescriptSection],
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

/** A row of logits in which these tokens share all of the probability equally. */
function logitsFor(tokens: readonly string[]): Float32Array {
  return Float32Array.from({ length: vocabulary.size }, (_, tokenId) =>
    tokens.includes(Buffer.from(vocabulary.bytesOf(tokenId)).toString()) ? 30 : 0,
  )
}

/** The `sampled` column of the first rows, by token. */
async function sampledShares(count: number): Promise<Record<string, string>> {
  const rows = await test.texts('.candidates tbody tr')
  const cells = rows.slice(0, count).map((row) => row.split(/[\t\n]+/).map((cell) => cell.trim()))
  return Object.fromEntries(cells.map((row): [string, string] => [row.at(0) ?? '', row.at(-2) ?? '']))
}
