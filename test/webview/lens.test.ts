import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { answerLens, showLens } from './lensUnderTest'
import { eventually, panelUnderTest, started, typescript, typescriptSection } from './panelUnderTest'

const test = panelUnderTest()
/** `·Config`, whose most likely alternative is `·Error`. */
const CONFIG = { section: 0, position: 63 }
const cell = (position: number, layer: number) => `#lens-0-${position}-${layer}`

describe('the grid of the lens', () => {
  it('names the layers as the field does, with the names of PyTorch and TransformerLens in the tool tip', async () => {
    await showLens(test, typescript)
    expect(await test.texts('.lens [role=rowheader]')).toEqual([
      'embeddings',
      'h.0',
      'h.1',
      'h.2',
      'h.3',
      'h.4',
      'output',
    ])
    expect(await test.attribute('.lens [role=rowheader] >> nth=4', 'title')).toBe(
      'output of h.3 · hidden_states[4] · blocks.3.hook_resid_post',
    )
  })

  it('has the token before each column as input and the token of the text as target', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    expect(await test.text('.lens-row.input [data-position="63"]')).toBe('·new')
    expect(await test.text('.lens-row.target [data-position="63"]')).toBe('·Config')
  })

  it('has the start token as the input of the first column', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 0 } })
    expect(await test.text('.lens-row.input [data-position="0"]')).toBe('<|endoftext|>')
  })

  it('frames the cells that show the actual token', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 64 } })
    const framed = await test.texts('.lens-body [data-position="64"] .token.hit')
    expect(new Set(framed)).toEqual(new Set(['Error']))
    expect(framed.length).toBe(6) // the depth of the test's lens is position modulo 7
  })

  it('has a last column for the token after the text', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 0 } })
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('End')
    await answerLens(typescript, await test.called('lens', { end: 86 }))
    expect(await test.text('.lens-row.target [data-position="85"]')).toBe('next')
    await test.page
      .locator(`${cell(85, 6)} .likely5, ${cell(85, 6)} [class*=likely]`)
      .first()
      .waitFor()
  })
})

describe('the colours of the cells', () => {
  const classOf = async (layer: number) =>
    (await test.attribute(`${cell(63, layer)} .token`, 'class'))?.match(/(likely|step)\d|unjudged/)?.[0]
  const colourBy = (label: string) => test.page.getByLabel('Cells by').selectOption({ label })

  it('are blue steps of the probability of the token shown', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    expect(await classOf(6)).toBe('likely5') // ·Error, 82 %
    expect(await classOf(0)).toBe('likely3') // 29 %
  })

  it.each([
    ['probability of the actual token', 'likely1'],
    ['rank of the actual token', 'step4'],
    ['entropy in bits', 'step1'],
    ['KL to the output in nats', 'step1'],
  ])('can be steps of the %s', async (label, step) => {
    await showLens(test, typescript, { picked: CONFIG })
    await colourBy(label)
    await eventually(() => classOf(6)).toBe(step)
  })

  it('stay as chosen after a reload', async () => {
    const panel = await showLens(test, typescript, { picked: CONFIG })
    await colourBy('entropy in bits')
    await eventually(() => panel.savedState()).toMatchObject({ lensCells: 'entropy' })
    const again = await test.open({ savedState: await panel.savedState() })
    await again.send({ type: 'showInspection', inspection: typescript, picked: CONFIG, focus: false })
    await eventually(() => test.page.getByLabel('Cells by').inputValue()).toBe('entropy')
  })

  it('are absent for the actual token of the column `next`', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 85 } })
    await colourBy('rank of the actual token')
    await test.page.locator(`${cell(85, 6)} .unjudged`).waitFor()
  })
})

describe('the keys of the lens', () => {
  const active = () => test.attribute('.lens', 'aria-activedescendant')

  it('move by cell, and the active cell exists', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator('.lens').focus()
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowRight']) await test.page.keyboard.press(key)
    await eventually(active).toBe('lens-0-64-4')
    for (const key of ['ArrowDown', 'ArrowLeft']) await test.page.keyboard.press(key)
    await eventually(active).toBe('lens-0-63-5')
    await test.page.locator(`${cell(63, 5)}[aria-selected=true]`).waitFor()
  })

  it('go to the first and the last token, and by a page', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('Home')
    await eventually(active).toBe('lens-0-0-6')
    await test.page.keyboard.press('PageDown')
    await eventually(async () => Number((await active())?.split('-')[2])).toBeGreaterThan(5)
    await test.page.keyboard.press('End')
    await eventually(active).toBe('lens-0-85-6')
  })

  it('keep up with a held key', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 0 } })
    await test.page.locator('.lens').focus()
    for (let i = 0; i < 20; i++) await test.page.keyboard.press('ArrowRight')
    await eventually(active).toBe('lens-0-20-6')
  })

  it('leave the grid with one Tab', async () => {
    await showLens(test, typescript)
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('Tab')
    expect(await test.page.locator('.lens :focus').count()).toBe(0)
  })

  it('select the token in the editor with Enter', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator('.lens').focus()
    await test.page.keyboard.press('Enter')
    await test.posted('pickToken', { ...CONFIG, how: 'select' })
  })
})

describe('a picked cell', () => {
  const h3 = cell(63, 4)

  it('picks the token and shows the layer in Prediction', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 61 } })
    await test.page.locator(h3).click()
    await test.posted('pickToken', { ...CONFIG, how: 'reveal' })
    await test.page.getByText('as after block 3').waitFor()
    expect(await test.text('.detail .source')).toBe('lm_head(ln_f(hidden_states[4]))[0, 63]')
    expect(await test.texts('.detail .candidate')).toHaveLength(11) // ten, and the actual one
  })

  it('gives way to the output by a button', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator(h3).click()
    await test.page.getByRole('button', { name: 'Show the Output' }).click()
    await test.page.getByText('How computed').waitFor()
    await test.page.locator(`${cell(63, 6)}[aria-selected=true]`).waitFor()
  })

  it('gives way to the output when a token is picked elsewhere', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator(h3).click()
    await test.page.getByText('as after block 3').waitFor()
    await test.page.locator('.running-text .token').nth(2).click()
    await test.page.getByText('How computed').waitFor()
  })

  it('shows the layer after a reload, and requests its row', async () => {
    const explained = { tokenId: null, contrast: null, layer: 4 }
    const savedState = { inspectionId: typescript.id, picked: CONFIG, explained }
    const panel = await test.open({ savedState })
    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
    const call = await test.called('lens', { from: 63, end: 64 })
    await answerLens(typescript, call)
    await eventually(() => test.texts('.detail .candidate')).toHaveLength(11)
  })
})

it('the picked cell stays visible when the panel becomes narrower', async () => {
  await showLens(test, typescript, { width: 1180, height: 860, picked: CONFIG })
  await test.page.setViewportSize({ width: 340, height: 598 })
  const isWhollyVisible = () =>
    test.page.evaluate(`(() => {
      const [grid, cell] = ['.lens', '.picked-cell'].map((selector) =>
        document.querySelector(selector)?.getBoundingClientRect())
      return cell !== undefined && cell.left >= grid.left && cell.right <= grid.right
    })()`)
  await eventually(isWhollyVisible).toBe(true)
})

describe('the layers of the picked token', () => {
  it('are a table with the numbers of the lens', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    const { score } = elementAt([...typescriptSection.predictions], 63)
    const rank = score?.rank ?? NaN
    expect(await test.texts('.layer-table tbody th')).toHaveLength(7)
    expect(await test.texts('.layer-table tbody tr:last-child td:nth-child(3)')).toEqual([String(rank)])
    expect(await test.texts('.layer-table tbody tr:first-child td:nth-child(3)')).toEqual([
      String(rank + 120),
    ])
  })

  it('show the layer that is clicked', async () => {
    await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator('.layer-table tbody tr').nth(2).click()
    await test.page.getByText('as after block 1').waitFor()
  })

  it('contrast the token with an alternative that is clicked', async () => {
    const panel = await showLens(test, typescript, { picked: CONFIG })
    await test.page.locator('.layer-table tbody tr').nth(2).locator('.alternative').nth(1).click()
    await eventually(() => panel.savedState()).toMatchObject({
      explained: { contrast: { kind: 'token' }, layer: 2 },
    })
  })

  it('name the prediction depth', async () => {
    await showLens(test, typescript, { picked: { section: 0, position: 64 } })
    expect(await test.text('.layers h2')).toBe('Error token 64, layer by layer · prediction depth 1 (h.0)')
  })

  it('say why a token has no layers', async () => {
    await test.show(started)
    await test.page.getByRole('tab', { name: 'Lens' }).click()
    await test.page.getByText('Not scored yet: the run is in progress.').first().waitFor()
    expect(await test.attribute('.lens-body .token', 'title')).toBe('not scored yet')
    expect(await test.calls('lens')).toEqual([])
  })

  it('say that a token of a later window has only the tokens of its window before it', async () => {
    const predictions = [...typescriptSection.predictions].map((prediction) => {
      const { position, score } = prediction
      return score === null || position < 50
        ? prediction
        : { ...prediction, score: { ...score, logitsRow: position - 30 } }
    })
    const inspection = { ...typescript, sections: [{ ...typescriptSection, windows: 2, predictions }] }
    await showLens(test, inspection, { picked: CONFIG })
    await test.page.getByText('Row 33 of a later window: the model saw the tokens from 30 on').waitFor()
  })

  it('are labelled as those of the int8 model', async () => {
    const model = { ...typescript.model, precision: 'int8' as const }
    await showLens(test, { ...typescript, model }, { picked: CONFIG })
    await test.page.locator('.toolbar').getByText('int8', { exact: true }).waitFor()
  })
})

it('the lens moves nothing when its rows arrive', async () => {
  const panel = await test.show(typescript, { picked: CONFIG })
  await test.page.getByRole('tab', { name: 'Lens' }).click()
  const call = await test.called('lens')
  await panel.rendered()
  const places = () =>
    test.page.evaluate(
      `[...document.querySelectorAll('.lens, .lens-row, .layers, .layer-table tr, .toolbar > *')]
        .map((element) => JSON.stringify(element.getBoundingClientRect()))`,
    )
  const before = await places()

  await answerLens(typescript, call)
  await test.page.locator('.lens .hit').first().waitFor()

  expect(await places()).toEqual(before)
})
