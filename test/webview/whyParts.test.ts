import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, typescript } from './panelUnderTest'
import {
  answer,
  answerOf,
  attribution,
  EXPLAINED,
  showAnswered,
  showWhy,
  subjectOf,
  THROW_ROW,
} from './whyAnswers'

const test = panelUnderTest()
const row = (name: string | RegExp) => test.page.getByRole('row', { name })
const source = (name: string | RegExp) => test.page.getByRole('button', { name })
const throwToken = () => source(/^throw, leading space, token 61/)
const isOut = async () => (await test.shown(throwToken())).getAttribute('aria-pressed')

/** Presses a key of the tree. Each key acts on the rows that are shown. */
async function press(key: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (await test.shown(test.page.getByRole('treegrid'))).press(key)
}

describe('direct logit attribution', () => {
  it('lists the parts by size, with the sum exactly as the last line', async () => {
    await showAnswered(test)
    const names = await test.texts('.share .name')
    expect(names).toEqual([
      'L1 MLP',
      'L5 MLP',
      'L4 MLP',
      'L3 MLP',
      'L2 MLP',
      'L1 attn',
      'L2 attn',
      '8 smaller',
      '·Config − ·Error',
    ])
    expect(await test.text('.share.total .value')).toBe(attribution.total.toFixed(2).replace('-', '−'))
  })

  it('lists the parts by layer, and keeps the order for other tokens and after a reload', async () => {
    const panel = await showAnswered(test)
    await test.page.getByRole('radio', { name: 'Layer' }).check()
    await row('wpe[63]').waitFor()
    await eventually(() => panel.savedState()).toMatchObject({ whyView: { order: 'layer' } })
  })

  it('opens heads and source positions with the right arrow and closes them with the left one', async () => {
    await showAnswered(test)
    await test.page.getByRole('radio', { name: 'Layer' }).check()
    const tree = test.page.getByRole('treegrid')
    await tree.focus()
    await press('ArrowDown', 2)

    await press('ArrowRight', 4)

    await eventually(() => test.text('.share.active .name')).toBe('·throw\ntoken 61')
    await row('62 other tokens').waitFor()
    await press('ArrowLeft', 4)
    await row('L0H0').waitFor({ state: 'detached' })
    expect(await test.text('.share.active .name')).toBe('L0 attn')
  })

  it('opens with a click, and reports the level, the place and the number of siblings', async () => {
    await showAnswered(test)
    await row('8 smaller').click()
    await row('L0 attn').click()
    const head = row('L0H1')
    await head.waitFor()
    expect(await head.getAttribute('aria-level')).toBe('3')
    expect(await head.getAttribute('aria-posinset')).toBe('2')
    expect(await head.getAttribute('aria-setsize')).toBe('4')
    expect(await head.getAttribute('aria-expanded')).toBe('false')
  })

  it('restores the open rows after a reload', async () => {
    const panel = await showAnswered(test, {
      savedState: {
        inspectionId: typescript.id,
        tabs: { main: 'tokens', detail: 'why', front: 'main' },
        whyView: { order: 'layer', open: ['L0.attn', 'L0H0'], knockedOut: null },
      },
    })
    await row('·throw').waitFor()
    expect(panel.errors).toEqual([])
  })

  it('has the formula and its source in a tool tip', async () => {
    await showAnswered(test)
    const tip = await test.page.getByText('Direct effects only').getAttribute('title')
    expect(tip).toMatch(/u = wte\[token\] − wte\[other token\].*Elhage et al\. 2021/)
  })

  it('says in int8 that it needs fp32, and switches', async () => {
    const int8 = { ...typescript, model: { ...typescript.model, precision: 'int8' as const } }
    await test.show(int8)
    await test.page.getByRole('tab', { name: 'Why' }).click()
    await test.called('why')
    await answer(test, answerOf(subjectOf(), { attribution: null }))
    await test.page.getByText('Needs fp32: in int8 the parts do not add up exactly.').waitFor()

    await test.page.getByRole('button', { name: 'Use fp32' }).click()

    await test.posted('runCommand', { command: 'useFp32' })
    await test.page.getByRole('heading', { name: 'Earlier tokens' }).waitFor()
    await throwToken().waitFor()
  })
})

describe('the earlier tokens', () => {
  it('are shaded by their direct effect, and lines without any are folded', async () => {
    await showAnswered(test)
    await test.page.locator('.sources .token.minus3', { hasText: 'throw' }).waitFor()
    await test.page.locator('.sources .token.plus2', { hasText: 'new' }).waitFor()
    await source(/59 tokens, together \+/).click()
    await source('start token').waitFor()
  })

  it('are one tab stop; the arrow keys move between them', async () => {
    await showAnswered(test)
    expect(await test.page.locator('.sources [tabindex="0"]').count()).toBe(1)
    await throwToken().click()
    await test.page.keyboard.press('ArrowRight')
    await source(/^new, leading space/)
      .and(test.page.locator(':focus'))
      .waitFor()
    await test.page.keyboard.press('Home')
    await source(/59 tokens/)
      .and(test.page.locator(':focus'))
      .waitFor()
  })

  it('are knocked out with a click or the space bar, one or more, and brought back', async () => {
    await showAnswered(test)
    await source(/59 tokens/).click()
    await throwToken().click()
    await test.called('why', { knockedOut: [THROW_ROW] })

    await source('catch, leading space').press(' ')
    await test.called('why', { knockedOut: [53, THROW_ROW] })
    expect(await isOut()).toBe('true')
    await test.page.getByRole('button', { name: 'Bring back throw' }).click()

    await test.called('why', { knockedOut: [53] })
    expect(await isOut()).toBe('false')
  })

  it('do not include the current position among those that can be knocked out', async () => {
    const panel = await showAnswered(test)
    await panel.forgetMessages()
    await source(/^new, leading space/).click({ force: true })
    await throwToken().click()
    await test.called('why', { knockedOut: [THROW_ROW] })
    expect(await source(/^new, leading space/).getAttribute('aria-disabled')).toBe('true')
  })

  it('say where the window begins if it is not the first one', async () => {
    await showWhy(test)
    await answer(test, answerOf(subjectOf(), { window: { ...answerOf(subjectOf()).window, rowOffset: 20 } }))
    await test.page
      .getByText('The model sees a window of the text here, which begins with token 21.')
      .waitFor()
  })
})

describe('attention knockout', () => {
  const knockout = { rows: [THROW_ROW], logProbs: [-6, -2.5], top: { tokenId: EXPLAINED, logProb: -1 } }

  it('shows both tokens before and after, and the new most likely one', async () => {
    await showAnswered(test)
    await throwToken().click()
    await test.called('why', { knockedOut: [THROW_ROW] })

    await answer(test, answerOf(subjectOf(), { knockout }))

    const lines = async () => (await test.texts('.effects tbody tr')).map((line) => line.split(/\t+/))
    await eventually(lines).toMatchObject([
      ['·Config', '0.034 %', '→', '0.25 %', '×7.4'],
      ['·Error', '60.7 %', '→', '8.2 %', '÷7.4'],
      ['now most likely ·Config', '36.8 %', ''],
    ])
  })

  it('warns for the first token, which is an attention sink', async () => {
    await showAnswered(test)
    await source(/59 tokens/).click()
    await source('start token').click()
    await test.page.getByText('The first token is an attention sink').waitFor()
  })

  it('is restored after a reload', async () => {
    await showWhy(test, {
      savedState: {
        inspectionId: typescript.id,
        picked: { section: 0, position: 63 },
        tabs: { main: 'tokens', detail: 'why', front: 'main' },
        whyView: {
          order: 'size',
          open: [],
          knockedOut: { inspectionId: typescript.id, section: 0, position: 63, rows: [THROW_ROW] },
        },
      },
    })
    await test.called('why', { knockedOut: [THROW_ROW] })
  })
})
