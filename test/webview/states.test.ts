import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { formatDecimal } from '../../src/shared/text/format'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import { SUMMARY, tokenNumbers } from '../support/reference/sampleNumbers'
import {
  eventually,
  panelUnderTest,
  started,
  typescript,
  typescriptSection as section,
} from './panelUnderTest'

const test = panelUnderTest()
const { id } = typescript

describe('a running inspection', () => {
  it('shows the text immediately and fills in predictions as they arrive', async () => {
    const panel = await test.show(started)
    await eventually(() => test.page.locator('.running-text .unscored').count()).toBe(85)
    expect(await test.text('.status')).toContain('0 of 85 tokens')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions.slice(0, 40),
    })
    await eventually(() => test.text('.status')).toContain('40 of 85 tokens')
    await eventually(() => test.page.locator('.running-text .unscored').count()).toBe(45)
    await eventually(() => test.text('#row-0-39')).toContain('%')
    expect(await test.text('#row-0-40')).not.toContain('%')
  })

  it('requests the picked row as soon as it is scored', async () => {
    const panel = await test.show(started)
    expect(await test.calls('logits')).toEqual([])
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: id, section: 0, predictions })
    await test.called('logits', { section: 0, position: 0 })
  })

  it('is cancelled by its button and by Escape', async () => {
    const panel = await test.show(started)
    await test.page.getByRole('button', { name: 'Cancel' }).click()
    await test.posted('runCommand', { command: 'cancelInspection' })
    await panel.forgetMessages()
    await test.page.keyboard.press('Escape')
    await test.posted('runCommand', { command: 'cancelInspection' })
  })

  it('gives the focus to the table when the focused Cancel button is removed', async () => {
    const panel = await test.show(started)
    await test.page.getByRole('button', { name: 'Cancel' }).focus()
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('shows its figures when it is done', async () => {
    const panel = await test.show(started)
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions,
    })
    if (section.next !== null)
      await panel.send({ type: 'setNext', inspectionId: id, section: 0, next: section.next })
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await eventually(() => test.text('.status')).toBe('0.42 s')
    await eventually(() => test.text('#row-0-85')).toContain('%')
  })

  it('ignores messages about another inspection', async () => {
    const panel = await test.show(started)
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: 'older', section: 0, predictions })
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: predictions.slice(0, 1),
    })
    await eventually(() => test.text('.status')).toContain('1 of 85 tokens')
  })
})

describe('an inspection that has failed', () => {
  const failed: Inspection = {
    ...typescript,
    state: { kind: 'failed', message: 'No memory.', remedies: ['selectModel'] },
  }

  it('shows the failure as an alert', async () => {
    await test.show(failed)
    expect(await test.text('[role=alert]')).toBe('No memory.')
  })

  it.each([
    ['Show Log', 'showLog'],
    ['Select Model', 'selectModel'],
    ['Run Again', 'runAgain'],
  ] as const)('offers %s', async (name, command) => {
    await test.show(failed)
    await test.page.getByRole('button', { name }).click()
    await test.posted('runCommand', { command })
  })
})

describe('an inspection that was cancelled or interrupted', () => {
  const partial = { ...typescript, sections: [{ ...section, predictions: section.predictions.slice(0, 40) }] }

  it.each([
    ['cancelled', 'cancelled at 40 of 85 tokens'],
    ['interrupted', 'interrupted at 40 of 85 tokens'],
  ] as const)('says after how many tokens it was %s, and can be continued', async (kind, status) => {
    await test.show({ ...partial, state: { kind } })
    expect(await test.text('.status')).toBe(status)
    await test.page.getByRole('button', { name: 'Continue' }).click()
    await test.posted('runCommand', { command: 'continueInspection' })
  })

  it('can be run again', async () => {
    await test.show({ ...partial, state: { kind: 'cancelled' } })
    await test.page.getByRole('button', { name: 'Run Again' }).click()
    await test.posted('runCommand', { command: 'runAgain' })
  })

  it('cannot be continued after the document has changed', async () => {
    const panel = await test.show({ ...partial, state: { kind: 'cancelled' } })
    await panel.send({ type: 'setDocumentState', inspectionId: id, state: 'changed' })
    await test.page.getByRole('button', { name: 'Continue' }).waitFor({ state: 'detached' })
  })
})

describe('the document of an inspection', () => {
  it.each([
    ['changed', 'the document has changed'],
    ['deleted', 'the document was deleted'],
  ] as const)('is labelled %s until its text is the inspected one again', async (state, status) => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'setDocumentState', inspectionId: id, state })
    await eventually(() => test.text('.status')).toBe(status)
    await panel.send({ type: 'setDocumentState', inspectionId: id, state: 'unchanged' })
    await eventually(() => test.text('.status')).toBe('0.42 s')
  })

  it('cannot be inspected again after it was deleted', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'setDocumentState', inspectionId: id, state: 'deleted' })
    await test.page.getByRole('button', { name: 'Run Again' }).waitFor({ state: 'detached' })
  })

  it('is named in the header, and followed when it is renamed', async () => {
    const panel = await test.show(typescript)
    await panel.send({
      type: 'setDocument',
      inspectionId: id,
      documentUri: 'file:///lib/writeConfig.ts',
      documentName: 'lib/writeConfig.ts',
    })
    await eventually(() => test.text('.document')).toContain('writeConfig.ts')
    expect(await test.attribute('.document', 'title')).toContain('lib/writeConfig.ts')
  })
})

describe('the first picked token', () => {
  it('is the one at the cursor', async () => {
    const panel = await test.open()
    const picked = { section: 0, position: 20 }
    await panel.send({ type: 'showInspection', inspection: typescript, picked, focus: false })
    await test.page.locator('#row-0-20.picked').waitFor()
  })

  it('is the most surprising one if the cursor is elsewhere', async () => {
    const panel = await test.open()
    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
    await test.page.locator(`#row-0-${MOST_SURPRISING.position}.picked`).waitFor()
  })

  it('is the one at the cursor, too, when another part of the shown document is inspected', async () => {
    const panel = await test.show(typescript)
    const picked = { section: 0, position: 20 }
    const other = { ...started, id: 'other' }
    await panel.send({ type: 'showInspection', inspection: other, picked, focus: false })
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: 'other', section: 0, predictions })
    await test.page.locator('#row-0-20.picked').waitFor()
  })

  it('becomes the most surprising one when the run is done, unless the user has picked another', async () => {
    const panel = await test.show(started)
    await test.page.keyboard.press('ArrowDown')
    const { predictions } = section
    await panel.send({ type: 'appendPredictions', inspectionId: id, section: 0, predictions })
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 0.42 } })
    await eventually(() => test.text('.status')).toBe('0.42 s')
    expect(await test.count('#row-0-1.picked')).toBe(1)
  })
})

describe('the live region', () => {
  const announced = () => test.text('[aria-live=polite]')

  it('announces the start, and at the end the summary and the most surprising token', async () => {
    const panel = await test.show(started)
    const { tokens, perplexity, bitsPerToken } = SUMMARY
    const { position } = MOST_SURPRISING
    const bits = formatDecimal(tokenNumbers(position).surprisal, 1)
    const mostSurprising = `Config, leading space, token ${position}, ${bits} bits`
    await eventually(announced).toBe('Inspecting 85 tokens of typescript +bos.')
    await panel.send({
      type: 'appendPredictions',
      inspectionId: id,
      section: 0,
      predictions: section.predictions,
    })
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'done', seconds: 1 } })
    await eventually(announced).toBe(
      `Done: ${tokens} tokens, perplexity ${perplexity}, ${bitsPerToken} bits per token. Most surprising: ${mostSurprising}.`,
    )
  })

  it('announces after how many tokens the inspection was cancelled', async () => {
    const panel = await test.show(started)
    await panel.send({ type: 'setState', inspectionId: id, state: { kind: 'cancelled' } })
    await eventually(announced).toBe('Cancelled after 0 of 85 tokens.')
  })

  it('announces nothing about an inspection that is restored', async () => {
    await test.show(typescript)
    expect(await announced()).toBe('')
  })
})
