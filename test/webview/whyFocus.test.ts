// Where the keyboard focus is in the tab Why after an element has disappeared, and what is scrolled into view.

import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest } from './panelUnderTest'
import { answer, answerOf, RIVAL, showAnswered, showWhy, subjectOf } from './whyAnswers'

const test = panelUnderTest()
const contrast = () => test.page.getByLabel('in contrast with')
const field = () => test.page.getByLabel('Text whose first token')
const button = (name: RegExp) => test.page.getByRole('button', { name })
const THROW = /^throw, leading space/
const CATCH = /^catch, leading space/
const CATCH_ROW = 53
const BRACE = /^ *\{, leading space, token 56/

describe('the field for another token', () => {
  it('closes with Escape, and the choice has the focus and its earlier value again', async () => {
    await showAnswered(test)
    await contrast().selectOption('another token…')

    await field().press('Escape')

    await expectFocus('select')
    expect(await contrast().inputValue()).toBe(String(RIVAL))
  })

  it('gives the focus to the choice when its token is known', async () => {
    await showAnswered(test)
    await contrast().selectOption('another token…')
    await field().fill(' algebra')
    await field().press('Enter')
    const call = await test.called('firstToken', { text: ' algebra' })

    await call.resolve(435)

    await expectFocus('select')
  })
})

it('a button that brings a token back gives the focus to the next one, then to the text', async () => {
  await showAnswered(test)
  await button(/59 tokens/).click()
  await button(BRACE).click()
  await button(THROW).click()
  await button(/^Bring back throw/).press('Enter')
  await button(/^Bring back throw/).waitFor({ state: 'detached' })
  await expectFocus('.chip button')

  await button(/^Bring back/).press('Enter')

  await expectFocus('.sources [role=button]')
})

it('a token that is knocked out keeps the focus, and the lines that were opened stay open', async () => {
  await showAnswered(test)
  await button(/59 tokens/).click()

  await button(CATCH).press(' ')
  await test.called('why', { knockedOut: [CATCH_ROW] })
  await answer(test, answerOf(subjectOf()))

  await button(CATCH).and(test.page.locator('[aria-pressed=true][tabindex="0"]:focus')).waitFor()
  expect(await test.page.locator('.sources .fold').count()).toBe(0)
})

it('the effect of a token that is knocked out is scrolled into view', async () => {
  await showAnswered(test, { width: 340, height: 598 })

  await button(THROW).click()

  await eventually(() =>
    test.page.evaluate<boolean>(`
      document.querySelector('.effects')?.getBoundingClientRect().bottom <=
        document.querySelector('.why').getBoundingClientRect().bottom`),
  ).toBe(true)
})

it('a model that has read a single token offers no knockout', async () => {
  await showWhy(test)
  const whole = answerOf(subjectOf(), { attribution: null })
  const window = { ...whole.window, inputIds: whole.window.inputIds.slice(0, 1) }

  await answer(test, { ...whole, window })

  await test.page.getByText('The model has read only the current position').waitFor()
})

function expectFocus(selector: string) {
  return eventually(() =>
    test.page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`),
  ).toBe(true)
}
