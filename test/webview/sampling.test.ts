import { describe, expect, it } from 'vitest'

import { formatProbability } from '../../src/shared/text/format'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { eventually, panelUnderTest } from './panelUnderTest'
import { openPart, pickedAddress, showPicked, showPickedWithRow } from './pickedToken'

const test = panelUnderTest()

describe('the sampling controls', () => {
  it('are applied to the full vocabulary', async () => {
    await showPickedWithRow(test)
    await openPart(test, 'Sampling')
    await eventually(() => test.text('.effect')).toBe('All 50,257 tokens can be sampled.')

    await set('Top-k', '2')

    const [first = NaN, second = NaN] = tokenNumbers(pickedAddress.position).topProbabilities
    const sampled = formatProbability(first / (first + second))
    await eventually(() => test.text('.effect')).toMatch(/^Top-k 2 keeps 2 tokens and cuts \S+ %$/)
    expect(await cells(0)).toEqual(['·Error', '', formatProbability(first), sampled, expect.any(String)])
  })

  it('write “cut” instead of a number for the tokens that they remove', async () => {
    await showPickedWithRow(test)
    await openPart(test, 'Sampling')

    await set('Top-k', '2')

    await eventually(() => test.texts('.candidates .cut .number:nth-of-type(4)')).toEqual([
      'cut',
      'cut',
      'cut',
    ])
    expect(await test.page.locator('.candidates s').count()).toBe(0)
  })

  it('call temperature 0 greedy', async () => {
    await showPickedWithRow(test)
    await openPart(test, 'Sampling')

    await set('Temperature', '0')

    await eventually(() => test.text('.effect')).toContain('greedy')
    const slider = test.page.getByLabel('Temperature', { exact: true })
    expect(await slider.getAttribute('aria-valuetext')).toBe('0, greedy')
  })

  it('keep both of two changes within one frame', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')

    await test.page.evaluate(`for (const [name, value] of [['topP', '0.9'], ['minP', '0.05']]) {
      const slider = document.getElementById('sampling-' + name)
      slider.value = value
      slider.dispatchEvent(new Event('input', { bubbles: true }))
    }`)

    await eventually(() => chips()).toEqual(['top-p 0.9', 'min-p 0.05'])
  })

  it('are all neutral after Reset', async () => {
    await showPickedWithRow(test)
    await openPart(test, 'Sampling')
    await set('Top-k', '2')
    await eventually(() => chips()).toEqual(['top-k 2'])

    await test.page.getByRole('button', { name: 'Reset' }).click()

    await eventually(() => test.text('.effect')).toBe('All 50,257 tokens can be sampled.')
    expect(await chips()).toEqual([])
  })
})

describe('the sampled column', () => {
  it('is not there while sampling is neutral', async () => {
    await showPickedWithRow(test)

    expect(await test.texts('.candidates th')).toEqual(['token', 'raw', 'logit'])
    expect(await test.page.locator('.candidates rect.sampled').count()).toBe(0)
  })

  it('has an ellipsis in each row while the full row of logits is loading', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')

    await set('Temperature', '0.5')

    await eventually(() => test.texts('.candidates th')).toEqual(['token', 'raw', 'sampled', 'logit'])
    expect((await cells(0)).at(3)).toBe('…')
  })

  it('is full after loading failed', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')
    await set('Temperature', '0.5')

    await (await test.called('logits', pickedAddress)).fail('The engine has stopped.')

    await eventually(async () => (await cells(0)).at(3)).toBe('–')
  })
})

describe('the chips of the sampling settings', () => {
  it('name each setting that is not neutral', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')

    await set('Temperature', '0.5')
    await set('Top-k', '40')
    await set('Top-p', '0.9')
    await set('Min-p', '0.05')

    await eventually(() => chips()).toEqual(['T 0.5', 'top-k 40', 'top-p 0.9', 'min-p 0.05'])
  })

  it('are removed one by one with the keyboard, and the focus goes to the next one', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')
    await set('Temperature', '0.5')
    await set('Top-p', '0.9')
    await eventually(() => chips()).toHaveLength(2)

    await test.page.getByRole('button', { name: 'Set temperature to 1' }).press('Enter')

    await eventually(() => chips()).toEqual(['top-p 0.9'])
    await test.page.getByRole('button', { name: 'Turn off top-p' }).and(test.page.locator(':focus')).waitFor()
  })

  it('leave the focus on the list’s heading after the last one is removed', async () => {
    await showPicked(test)
    await openPart(test, 'Sampling')
    await set('Top-p', '0.9')

    await test.page.getByRole('button', { name: 'Turn off top-p' }).press('Enter')

    await eventually(() => chips()).toEqual([])
    expect(await test.text(':focus')).toBe('token')
  })
})

describe('the section Sampling', () => {
  it('stays open when another token is picked', async () => {
    const panel = await showPicked(test)
    await openPart(test, 'Sampling')

    await panel.send({ type: 'pickFromEditor', ...pickedAddress, position: 4 })

    await eventually(() => test.text('.detail h2')).toContain('token 4 of 85')
    expect(await test.page.getByLabel('Top-k', { exact: true }).isVisible()).toBe(true)
  })

  it('is closed at first and opens with the keyboard', async () => {
    await showPicked(test)
    expect(await test.page.getByLabel('Top-k', { exact: true }).isVisible()).toBe(false)

    await test.page.locator('summary', { hasText: 'Sampling' }).press('Enter')

    await test.page.getByLabel('Top-k', { exact: true }).waitFor({ state: 'visible' })
  })
})

async function set(control: string, value: string): Promise<void> {
  await test.page.getByLabel(control, { exact: true }).fill(value)
}

/** The texts of the chips without their buttons. */
async function chips(): Promise<string[]> {
  return (await test.texts('.chip')).map((chip) => chip.replace('×', '').trim())
}

/** The cells of a row of the list: token, bar, raw, sampled, logit. */
async function cells(row: number): Promise<string[]> {
  const texts = await test.page.locator('.candidates tbody tr').nth(row).locator('td').allInnerTexts()
  return texts.map((text) => text.trim())
}
