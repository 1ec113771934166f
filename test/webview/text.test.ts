import { describe, expect, it } from 'vitest'

import { stepOf } from '../../src/shared/numbers/metrics'
import { formatDecimal } from '../../src/shared/text/format'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import { referenceInspection, referenceSection } from '../support/reference/referenceInspection'
import { HEADER_FIGURES, tokenNumbers } from '../support/reference/sampleNumbers'
import { eventually, panelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'

const test = panelUnderTest()

describe('the text', () => {
  it('shows the text with marks and real line breaks', async () => {
    await test.show(typescript)
    const firstLines = async () =>
      (await test.text('.running-text'))
        .split('\n')
        .filter((line) => line !== '')
        .slice(0, 2)
    await eventually(firstLines).toEqual([
      'export async function readConfig(path: string): Promise<Config> {↵',
      "  const text = await fs.readFile(path, 'utf8');↵",
    ])
  })

  it('picks the clicked token', async () => {
    await test.show(typescript)
    await test.page.locator('.running-text [data-position="4"]').click()
    expect(await test.posted('pickToken')).toMatchObject({ position: 4, how: 'select' })
  })

  it('is coloured by the selected metric', async () => {
    await test.show(typescript)
    const { surprisal, entropy } = tokenNumbers(63)
    expect(stepOf('surprisal', surprisal)).not.toBe(stepOf('entropy', entropy))
    const classes = () => test.attribute('.running-text [data-position="63"]', 'class')
    expect(await classes()).toContain(`step${stepOf('surprisal', surprisal)}`)
    await test.page.locator('header select').selectOption('entropy')
    await eventually(classes).toContain(`step${stepOf('entropy', entropy)}`)
    expect(await test.text('.legend')).toContain('entropy in bits')
  })

  it('shows an emoji once and marks the tokens with the rest of its bytes', async () => {
    await test.show(referenceInspection('emoji +bos', vocabulary))
    const firstTokens = async () => (await test.texts('.running-text .token')).slice(0, 3)
    await eventually(firstTokens).toEqual(['Hi', ' 👋', '⟨8B⟩'])
  })

  it('marks spaces, tabs, zero-width and bidi characters', async () => {
    await test.show(referenceInspection('blanks +bos', vocabulary))
    for (const mark of ['→', '↵', '⟨NBSP⟩', '⟨ZWSP⟩', '⟨RLO⟩', '⟨PDF⟩'])
      await eventually(() => test.text('.running-text')).toContain(mark)
  })

  it('has a heading for each of several sections', async () => {
    const sections = [
      { ...referenceSection('one token +bos', vocabulary), lines: { first: 3, last: 9 } },
      { ...typescriptSection, lines: { first: 12, last: 12 } },
    ]
    await test.show({ ...typescript, sections })
    expect(await test.texts('logitscope-strip h2')).toEqual(['Lines 3–9', 'Line 12'])
    await test.page.keyboard.press('ArrowDown')
    await test.page.keyboard.press('ArrowDown')
    expect(await test.posted('pickToken')).toMatchObject({ section: 1, position: 0 })
    expect(await test.attribute('#row-1-85', 'aria-rowindex')).toBe(
      await test.attribute('[role=grid]', 'aria-rowcount'),
    )
  })
})

describe('the sparkline', () => {
  it('is a slider over the tokens', async () => {
    await test.show(typescript)
    const slider = test.page.locator('[role=slider].sparkline')
    await slider.focus()
    await test.page.keyboard.press('ArrowRight')
    expect(await test.posted('pickToken')).toMatchObject({ position: 1, how: 'reveal' })
    await eventually(() => slider.getAttribute('aria-valuetext')).toBe(
      `token 1, async, leading space, ${formatDecimal(tokenNumbers(1).surprisal, 1)} bits`,
    )
  })

  it('labels its maximum and picks the clicked bar', async () => {
    await test.show(typescript)
    expect(await test.text('.sparkline .top')).toBe(
      `${formatDecimal(tokenNumbers(MOST_SURPRISING.position).surprisal, 1)} bits`,
    )
    const box = await test.page.locator('.sparkline svg').boundingBox()
    await test.page.mouse.click((box?.x ?? 0) + ((box?.width ?? 0) * 63.5) / 85, (box?.y ?? 0) + 20)
    expect(await test.posted('pickToken')).toMatchObject({ position: 63 })
  })
})

describe('the header', () => {
  it('shows the model, its context and the figures of the text', async () => {
    await test.show({ ...typescript, sections: [{ ...typescriptSection, contextTokens: 412, windows: 3 }] })
    const header = (await test.text('header')).replaceAll(/\s+/g, ' ')
    for (const part of ['mini', '12 M parameters · fp32 · WASM, 1 thread', '412 tokens before', '3 windows'])
      expect(header).toContain(part)
    for (const figure of [HEADER_FIGURES, '0.42 s']) expect(header).toContain(figure)
  })

  it('has a switch for the start token', async () => {
    await test.show(typescript)
    await test.page.getByRole('switch').uncheck()
    expect(await test.posted('setStartToken')).toEqual({ type: 'setStartToken', startToken: false })
  })

  it.each([
    ['Export…', 'exportResults'],
    ['Columns…', 'chooseColumns'],
  ])('%s runs %s', async (name, command) => {
    await test.show(typescript)
    await test.page.getByRole('button', { name }).click()
    expect(await test.posted('runCommand')).toEqual({ type: 'runCommand', command })
  })
})
