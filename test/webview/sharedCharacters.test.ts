import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { stepOf } from '../../src/shared/numbers/metrics'
import { THEMES } from '../support/panel/themes'
import { referenceInspection } from '../support/reference/referenceInspection'
import { eventually, panelUnderTest, vocabulary } from './panelUnderTest'

const test = panelUnderTest()

/** `Hi 👋🏽 there, 👩‍👩‍👧 says: naïve café — 日本語 テスト 🏳️‍🌈`; the tokens 1 to 5 share the waving hand. */
const emoji = referenceInspection('emoji +bos', vocabulary)
const FIRST = 1
const LAST = 5
const hand = '.running-text .shared:has-text("👋🏽")'

describe('a character of several tokens', () => {
  it('is shown once, readable', async () => {
    await test.show(emoji)
    await eventually(async () => (await test.texts('.running-text')).join('')).toBe(
      'Hi 👋🏽 there, 👩\u200d👩\u200d👧 says: naïve café — 日本語 テスト 🏳️\u200d🌈',
    )
  })

  it('has the colour of its most surprising token', async () => {
    await test.show(emoji)
    const bits = elementAt(emoji.sections, 0)
      .predictions.slice(FIRST, LAST + 1)
      .map(({ score }) => score?.surprisal ?? 0)
    expect(await test.attribute(hand, 'class')).toContain(`step${stepOf('surprisal', Math.max(...bits))}`)
  })

  it('lists its tokens in its tool tip', async () => {
    await test.show(emoji)
    const [heading, ...tokens] = ((await test.attribute(hand, 'title')) ?? '').split('\n')
    expect(heading).toBe('tokens 1–5 share this character')
    expect(tokens.map((token) => token.replace(/, .*/, ''))).toEqual([
      'token 1 ·⟨F0 9F 91⟩',
      'token 2 ⟨8B⟩',
      'token 3 ⟨F0 9F⟩',
      'token 4 ⟨8F⟩',
      'token 5 ⟨BD⟩',
    ])
  })

  it('picks the first of its tokens by a click, and the next one by another click', async () => {
    await test.show(emoji, { picked: { section: 0, position: 0 } })
    await test.page.locator(hand).click()
    await test.posted('pickToken', { position: FIRST, how: 'reveal' })
    await test.page.locator('.running-text .picked.shared').waitFor()
    await test.page.locator(hand).click()
    await test.posted('pickToken', { position: FIRST + 1, how: 'reveal' })
  })

  it('selects the first of its tokens in the editor by a double click', async () => {
    const panel = await test.show(emoji, { picked: { section: 0, position: 0 } })
    await test.page.locator(hand).dblclick()
    await test.posted('pickToken', { how: 'select' })
    expect((await panel.messages('pickToken')).map(({ position }) => position)).toEqual([FIRST, FIRST])
  })

  it('returns to the first token after the last', async () => {
    await test.show(emoji, { picked: { section: 0, position: LAST } })
    await test.page.locator(hand).click()
    await test.posted('pickToken', { position: FIRST })
  })

  it.each([FIRST, FIRST + 1, LAST])('is framed when its token %i is picked', async (position) => {
    await test.show(emoji, { picked: { section: 0, position } })
    await eventually(() => test.attribute(hand, 'class')).toContain('picked')
    expect(await test.attribute('.strip-text', 'aria-activedescendant')).toBe(`text-0-${position}`)
    await test.page.locator(`#text-0-${position}`).waitFor()
  })

  it.each(THEMES)('is told apart from the picked and from a typed token in the theme %s', async (theme) => {
    const generation = {
      sampling: { temperature: 1, topK: 0, topP: 1, minP: 0 },
      seed: 1,
      typed: [72],
      candidates: [{ probability: 0.5, typedTokens: 1 }],
    }
    await test.show({ ...emoji, generation }, { theme, picked: { section: 0, position: 7 } })
    const styleOf = (selector: string) =>
      test.page.evaluate<string>(`(() => {
        const { outlineStyle, borderBottomStyle } = getComputedStyle(document.querySelector('${selector}'))
        return outlineStyle + ' frame, ' + borderBottomStyle + ' line'
      })()`)
    await test.page.locator(hand).waitFor()
    expect(await styleOf('.running-text .shared')).toBe('none frame, dotted line')
    expect(await styleOf('.running-text .picked')).toBe('solid frame, none line')
    expect(await styleOf('.running-text .typed')).toBe('dashed frame, none line')
  })
})
