import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { formatDecimal, formatOdds, formatProbability } from '../../src/shared/text/format'
import { referenceInspection } from '../support/reference/referenceInspection'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { layoutProblems } from './layoutProblems'
import { eventually, panelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'
import {
  answerLogits,
  openPart,
  pickedAddress,
  pickedLogits,
  showPicked,
  showPickedWithRow,
} from './pickedToken'

const test = panelUnderTest()
const numbers = tokenNumbers(pickedAddress.position)

/** A position whose token is the most likely one, so that nothing is listed below the gap. */
const EXPECTED_POSITION = [...typescriptSection.predictions].findIndex(({ score }) => score?.rank === 1)

describe('the picked token', () => {
  it('is named with its position and id', async () => {
    await showPicked(test)

    expect(await test.text('.detail h2')).toMatch(/^·Config\s+token 63 of 85 · id 17056$/)
  })

  it('has its probability, rank, surprisal and entropy on one line', async () => {
    await showPicked(test)

    const facts = (await test.texts('.facts > div')).map((fact) => fact.replaceAll(/\s+/g, ' ').trim())

    expect(facts).toEqual([
      `probability ${formatProbability(numbers.probability)}`,
      `rank of 50,257 ${numbers.rank}`,
      `surprisal ${formatDecimal(numbers.surprisal)} bits`,
      `entropy ${formatDecimal(numbers.entropy)} bits`,
    ])
  })

  it('has the odds as the tool tip of its probability', async () => {
    await showPicked(test)

    expect(await test.attribute('.facts dd', 'title')).toBe(formatOdds(numbers.probability))
  })

  it('shows how its numbers are computed, with its bytes and what comes before it', async () => {
    await showPicked(test)

    await openPart(test, 'How computed')

    const [logit, logSumExp, logProb] = [numbers.logit, numbers.logSumExp, numbers.logProb].map((value) =>
      formatDecimal(value, 3),
    )
    await eventually(() => test.text('.source')).toContain('logits[0, 63] of [1, 86, 50257]')
    expect((await test.text('.source')).replaceAll(/\s+/g, ' ')).toContain(
      `logit ${logit} − log-sum-exp ${logSumExp} = log-prob ${logProb}`,
    )
    expect(await test.text('.bytes')).toBe('bytes 20 43 6F 6E 66 69 67')
    expect(await test.text('.context')).toContain('throw new')
  })

  it('may be the place after the text, which has no actual token', async () => {
    await showPicked(test)
    await openPart(test, 'How computed')
    await test.page.locator('[role=grid]').focus()

    await test.page.keyboard.press('End')

    await eventually(() => test.text('.detail h2')).toMatch(/^next\s+after the last of 85 tokens$/)
    expect(await test.text('.source')).toContain('logits[0, 85] of [1, 86, 50257]')
    expect(await test.count('.candidates .actual')).toBe(0)
  })
})

describe('the list of the most likely tokens', () => {
  it('has the first four, and the actual token below a gap', async () => {
    await showPicked(test)

    const labels = await test.texts('.candidates .candidate .label')

    expect(labels).toHaveLength(5)
    expect(labels.at(-1)).toBe('·Config')
    expect(await test.text('.candidates .actual')).toContain('·Config')
    expect(await test.texts('.candidates .gap')).toHaveLength(1)
  })

  it('marks the actual token in its place if it is one of them', async () => {
    const panel = await showPicked(test)

    await panel.send({ type: 'pickFromEditor', ...pickedAddress, position: EXPECTED_POSITION })

    await eventually(() => test.attribute('.candidates tbody tr', 'class')).toContain('actual')
    expect(await test.texts('.candidates .candidate')).toHaveLength(4)
    expect(await test.texts('.candidates .gap')).toHaveLength(0)
  })

  it('opens to as many tokens as Top says, with their share of all probability', async () => {
    await showPicked(test)

    await test.page.getByRole('button', { name: 'more…' }).press('Enter')

    const share = numbers.topProbabilities.slice(0, 10).reduce((sum, probability) => sum + probability, 0)
    await eventually(() => test.texts('.candidates .candidate')).toHaveLength(11)
    expect(await test.text('.list-controls')).toContain(`${formatProbability(share)} of all probability`)
    await test.page
      .getByRole('button', { name: 'fewer', expanded: true })
      .and(test.page.locator(':focus'))
      .waitFor()
  })

  it('stays open when another token is picked, until fewer closes it', async () => {
    const panel = await showPicked(test)
    await test.page.getByRole('button', { name: 'more…' }).click()

    await panel.send({ type: 'pickFromEditor', ...pickedAddress, position: EXPECTED_POSITION })

    await eventually(() => test.texts('.candidates .candidate')).toHaveLength(10)
    await test.page.getByRole('button', { name: 'fewer' }).click()
    await eventually(() => test.texts('.candidates .candidate')).toHaveLength(4)
  })

  it('has as many tokens as the user enters, at most 100', async () => {
    await showPickedWithRow(test)
    await test.page.getByRole('button', { name: 'more…' }).click()
    const field = test.page.getByLabel('Number of most likely tokens to list')

    await field.fill('500')
    await field.press('Enter')

    expect(await test.posted('setTopK')).toEqual({ type: 'setTopK', topK: 100 })
    await eventually(() => test.page.locator('.candidates .candidate').count()).toBeGreaterThanOrEqual(100)
  })

  it.each([
    ['whose actual token is listed', EXPECTED_POSITION],
    ['after the text', typescriptSection.tokens.length],
  ])('is at the same place for a prediction %s', async (_, position) => {
    const panel = await showPicked(test)
    const before = await geometry()

    await panel.send({ type: 'pickFromEditor', ...pickedAddress, position })

    await eventually(() => test.texts('.candidates .gap')).toHaveLength(0)
    expect(await geometry()).toEqual(before)
  })
})

describe('the full row of logits', () => {
  it('is requested only where the arrow keys stop', async () => {
    const panel = await showPicked(test)
    await panel.forgetMessages()

    await panel.holdKey('ArrowDown', 5)

    await test.called('logits', { position: pickedAddress.position + 5 })
    expect(await test.calls('logits')).toHaveLength(1)
  })

  it('is ignored if its token is no longer picked', async () => {
    const panel = await showPicked(test)
    await openPart(test, 'Sampling')
    const call = await test.called('logits', pickedAddress)
    await panel.send({ type: 'pickFromEditor', ...pickedAddress, position: 3 })

    await call.resolve(pickedLogits)

    // Messages are handled in order: when this one is, the one before it was.
    await panel.send({ type: 'settings', columns: ['rank'], topK: 3 })
    await eventually(() => test.texts('.candidates .candidate')).toHaveLength(4)
    expect(await test.text('.effect')).toBe('Loading the full row of logits…')
  })

  it('moves nothing when it arrives', async () => {
    const panel = await showPicked(test)
    await test.page.getByRole('button', { name: 'more…' }).click()
    await openPart(test, 'Sampling')
    await test.page.getByLabel('Top-p', { exact: true }).fill('0.9')
    await test.page.getByLabel('Min-p', { exact: true }).fill('0.01')
    await panel.send({ type: 'settings', columns: ['rank'], topK: 20 })
    await eventually(() => test.texts('.candidates .loading')).toHaveLength(10)
    const before = await geometry()

    await answerLogits(test)

    await eventually(() => test.texts('.candidates .loading')).toHaveLength(0)
    expect(await geometry()).toEqual(before)
  })

  it('is requested again by Retry after loading it failed, with the reason', async () => {
    const panel = await showPicked(test)
    await (await test.called('logits', pickedAddress)).fail('The engine has stopped.')
    await eventually(() => test.text('.detail [role=alert]')).toContain('The engine has stopped.')
    await panel.forgetMessages()

    await test.page.getByRole('button', { name: 'Retry' }).click()

    expect((await test.called('logits', pickedAddress)).request).toMatchObject(pickedAddress)
    await test.page.locator('.detail [role=alert]').waitFor({ state: 'detached' })
  })

  it('is not shown as loading after it failed', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')

    await (await test.called('logits', pickedAddress)).fail('The engine has stopped.')

    await eventually(() => test.text('.effect')).toContain('The effect is unknown')
  })
})

describe('a token without a prediction', () => {
  const unscored = (state: Inspection['state']): Inspection => ({
    ...typescript,
    state,
    sections: [{ ...typescriptSection, predictions: [], next: null }],
  })

  it.each<[string, Inspection['state']]>([
    ['Not scored yet: the run is in progress.', { kind: 'running' }],
    ['the run was cancelled before this token. Continue it', { kind: 'cancelled' }],
    ['the window was reloaded before the run reached this token', { kind: 'interrupted' }],
    ['the run failed before this token', { kind: 'failed', message: 'No memory.', remedies: [] }],
  ])('says “%s” and has nothing to sample from', async (text, state) => {
    await test.show(unscored(state))

    await openPart(test, 'Sampling')

    expect(await test.text('.missing')).toContain(text)
    expect(await test.text('.effect')).toContain('this run has no distribution for this token')
    expect(await test.calls('logits')).toEqual([])
  })

  it('has a button that turns on the start token if nothing precedes it', async () => {
    const withoutStart = referenceInspection('typescript', vocabulary)
    const panel = await test.show(withoutStart)
    await panel.send({ type: 'pickFromEditor', inspectionId: withoutStart.id, section: 0, position: 0 })
    await eventually(() => test.texts('.missing p')).toEqual([
      'No prediction: nothing precedes this token, and the start token is off.',
    ])

    await test.page.getByRole('button', { name: 'Turn On Start Token' }).click()

    expect(await test.posted('setStartToken')).toEqual({ type: 'setStartToken', startToken: true })
  })

  it('has its sections at the same place as one with a prediction', async () => {
    const panel = await test.show({ ...unscored({ kind: 'running' }) })
    const before = await sectionPlaces()
    const { predictions } = typescriptSection

    await panel.send({ type: 'appendPredictions', inspectionId: typescript.id, section: 0, predictions })

    await test.page.locator('.missing').waitFor({ state: 'detached' })
    expect(await sectionPlaces()).toEqual(before)
  })
})

describe('a token of the previous run', () => {
  it('keeps its numbers, dimmed, until the new run has scored it', async () => {
    const panel = await showPicked(test)
    const inspection: Inspection = {
      ...typescript,
      id: 'rerun',
      state: { kind: 'running' },
      sections: [{ ...typescriptSection, predictions: [], next: null }],
    }
    await panel.send({ type: 'showInspection', inspection, picked: null, focus: false })
    const { predictions } = typescriptSection
    const append = (from: number, to?: number) =>
      panel.send({
        type: 'appendPredictions',
        inspectionId: inspection.id,
        section: 0,
        predictions: predictions.slice(from, to),
      })

    await append(0, 10)

    await test.page.locator('.answer.stale .candidates', { hasText: '·Config' }).waitFor()
    await append(10)
    await test.page.locator('.answer:not(.stale) .candidates', { hasText: '·Config' }).waitFor()
  })
})

describe('with everything open', () => {
  it.each([
    [320, 400],
    [520, 700],
    [1180, 860],
  ])('nothing is cut off or leaves its box at %i × %i', async (width, height) => {
    await test.show(typescript, { width, height })
    await answerLogits(test)
    await test.page.getByRole('tab', { name: 'Prediction' }).click()
    await test.page.getByRole('button', { name: 'more…' }).click()
    await openPart(test, 'How computed')
    await openPart(test, 'Sampling')

    for (const name of ['Temperature', 'Top-p', 'Min-p'])
      await test.page.getByLabel(name, { exact: true }).fill('0.5')
    await test.page.getByLabel('Top-k', { exact: true }).fill('40')

    await eventually(() => test.texts('.chip')).toHaveLength(4)
    expect(await layoutProblems(test.page)).toEqual([])
  })
})

/** The places of the list's lines and of what follows, which depend on no text. */
function geometry(): Promise<number[][]> {
  return test.page.evaluate<number[][]>(`{
    const { x, y } = document.querySelector('.detail').getBoundingClientRect();
    [...document.querySelectorAll('.candidates th, .candidates tbody tr, .list-controls, .part')].map((element) => {
      const box = element.getBoundingClientRect()
      return [box.x - x, box.y - y, box.width, box.height]
    })
  }`)
}

function sectionPlaces(): Promise<number[]> {
  return test.page.evaluate<number[]>(`{
    const { y } = document.querySelector('.detail').getBoundingClientRect();
    [...document.querySelectorAll('.part')].map((part) => part.getBoundingClientRect().y - y)
  }`)
}
