import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { formatDecimal, formatProbability, formatWholePercent } from '../../src/shared/text/format'
import { LINE_END_EXPECTED, MOST_SURPRISING } from '../support/reference/miniExpectations'
import { spokenNumbers, tokenNumbers } from '../support/reference/sampleNumbers'
import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()
const pickedRow = '[role=row][aria-selected=true]'

describe('the table', () => {
  it('has a row for each token and one for the next', async () => {
    await test.show(typescript)
    await eventually(() => test.page.locator('[role=row][data-position]').count()).toBe(86)
    expect(await test.attribute('[role=grid]', 'aria-rowcount')).toBe('87')
    expect(await test.attribute('#row-0-85', 'aria-rowindex')).toBe('87')
    expect(await test.text('#row-0-85')).toContain('next')
  })

  it('shows the numbers that PyTorch computes', async () => {
    await test.show(typescript)
    const { position, token, expected } = MOST_SURPRISING
    await test.page.locator(`#row-0-${position}`).waitFor()
    const cells = await test.texts(`#row-0-${position} [role=gridcell]`)
    const { logit, probability, rank, surprisal, entropy, topProbabilities } = tokenNumbers(position)
    expect(cells.slice(0, 7)).toEqual([
      String(position),
      token,
      formatDecimal(logit),
      formatProbability(probability),
      String(rank),
      formatDecimal(surprisal),
      formatDecimal(entropy),
    ])
    expect(cells[7]?.replaceAll(/\s+/g, ' ')).toContain(
      `${expected} ${formatWholePercent(elementAt(topProbabilities, 0))}`,
    )
  })

  it('aligns each header with its column', async () => {
    await test.show(typescript)
    await test.page.locator('#row-0-0').waitFor()
    const leftEdges = (cells: string) =>
      test.page.evaluate<number[]>(
        `[...document.querySelectorAll('${cells}')].map((cell) => Math.round(cell.getBoundingClientRect().left))`,
      )
    expect(await leftEdges('[role=columnheader]')).toEqual(await leftEdges('#row-0-0 [role=gridcell]'))
  })

  it('has a label for screen readers in each row', async () => {
    await test.show(typescript)
    const { position } = LINE_END_EXPECTED
    const share = formatWholePercent(elementAt(tokenNumbers(position).topProbabilities, 0))
    expect(await test.attribute(`#row-0-${position}`, 'aria-label')).toBe(
      `cause, leading space. Token ${position} of 85. ${spokenNumbers(position)}. Expected newline, ${share.replace('%', 'percent')}.`,
    )
  })

  it('is a single tab stop', async () => {
    await test.show(typescript)
    const stops = await test.page.evaluate(`
      [...document.querySelectorAll('[role=grid], [role=grid] *')]
        .filter((element) => element.tabIndex >= 0)
        .map((element) => element.getAttribute('role'))`)
    expect(stops).toEqual(['grid'])
  })

  it.each(['ArrowDown', 'End', 'PageDown'])(
    'moves the pick with %s and reveals it in the editor',
    async (key) => {
      await test.show(typescript)
      await test.page.keyboard.press(key)
      const pick = await test.posted('pickToken', { inspectionId: typescript.id, section: 0, how: 'reveal' })
      const least = { ArrowDown: 1, PageDown: 5, End: 85 }[key]
      expect(pick.position).toBeGreaterThanOrEqual(least ?? NaN)
      await eventually(() => test.attribute('[role=grid]', 'aria-activedescendant')).toBe(
        `row-0-${pick.position}`,
      )
      await eventually(() => test.attribute(pickedRow, 'data-position')).toBe(String(pick.position))
    },
  )

  it('selects the token in the editor with Enter and by a click', async () => {
    const panel = await test.show(typescript)
    await test.page.keyboard.press('Enter')
    expect(await test.posted('pickToken')).toMatchObject({ position: 0, how: 'select' })
    await panel.forgetMessages()
    await test.page.locator('#row-0-3').click()
    expect(await test.posted('pickToken')).toMatchObject({ position: 3, how: 'select' })
  })

  it('follows the editor’s cursor and posts no pick', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 0, position: 63 })
    await eventually(() => test.attribute(pickedRow, 'data-position')).toBe('63')
    await expect(test.page.locator('#row-0-63').isVisible()).resolves.toBe(true)
    expect(await panel.messages('pickToken')).toEqual([])
  })

  it('is sorted by a header: descending, then ascending, then in text order', async () => {
    await test.show(typescript)
    const header = test.page.locator('[role=columnheader]', { hasText: 'Surprisal' })
    const firstPosition = () => test.attribute('[role=row][data-position]', 'data-position')
    await header.locator('button').click()
    await eventually(firstPosition).toBe(String(MOST_SURPRISING.position))
    expect(await header.getAttribute('aria-sort')).toBe('descending')
    await header.locator('button').click()
    await eventually(() => header.getAttribute('aria-sort')).toBe('ascending')
    await header.locator('button').click()
    await eventually(firstPosition).toBe('0')
    expect(await test.attribute('[role=row][data-position] >> nth=-1', 'data-position')).toBe('85')
  })

  it('can be sorted with the keyboard', async () => {
    await test.show(typescript)
    await test.page.keyboard.press('ArrowUp')
    await test.page.keyboard.press('ArrowRight')
    await test.page.keyboard.press('Enter')
    await eventually(() => test.attribute('[aria-sort=descending]', 'aria-sort')).toBe('descending')
    await test.page.keyboard.press('ArrowDown')
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('shows the columns that the settings name', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'settings', columns: ['tokenId', 'logProb'], topK: 10 })
    await eventually(() => test.texts('[role=columnheader]')).toEqual(['#', 'Token', 'Id', 'Log-prob'])
    await eventually(() => test.texts('#row-0-63 [role=gridcell]')).toEqual([
      '63',
      '·Config',
      '17056',
      formatDecimal(tokenNumbers(63).logProb, 3),
    ])
  })

  it('copies the picked row, unless text is selected', async () => {
    const panel = await test.show(typescript)
    await test.page.keyboard.press('Control+c')
    expect(await test.posted('copyRow')).toMatchObject({ section: 0, position: 0 })
    await panel.forgetMessages()
    await test.page.evaluate(`getSelection().selectAllChildren(document.querySelector('header'))`)
    await test.page.keyboard.press('Control+c')
    await test.page.keyboard.press('ArrowDown')
    await test.posted('pickToken')
    expect(await panel.messages('copyRow')).toEqual([])
  })
})
