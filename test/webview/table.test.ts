import { describe, expect, it } from 'vitest'

import type { Inspection, InspectionState, Section } from '../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../src/shared/elementAt'
import {
  formatDecimal,
  formatOdds,
  formatProbability,
  formatWholePercent,
} from '../../src/shared/text/format'
import { LINE_END_EXPECTED, MOST_SURPRISING } from '../support/reference/miniExpectations'
import { spokenNumbers, tokenNumbers } from '../support/reference/sampleNumbers'
import { THEMES } from '../support/panel/themes'
import { eventually, panelUnderTest, typescript, typescriptSection } from './panelUnderTest'

const test = panelUnderTest()
const pickedRow = '[role=row][aria-selected=true]'
const START = { picked: { section: 0, position: 0 } }

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

  it('marks the token in the editor by a click', async () => {
    await test.show(typescript)
    await test.page.locator('#row-0-3').click()
    expect(await test.posted('pickToken')).toMatchObject({ position: 3, how: 'reveal' })
  })

  it('selects the token in the editor by a double click, and no text in the panel', async () => {
    await test.show(typescript)
    await test.page.locator('#row-0-3 .token').dblclick()
    await test.posted('pickToken', { position: 3, how: 'select' })
    expect(await test.page.evaluate(`getSelection().toString()`)).toBe('')
  })

  it('selects the token in the editor with Enter', async () => {
    await test.show(typescript, START)
    await test.page.keyboard.press('Enter')
    expect(await test.posted('pickToken')).toMatchObject({ position: 0, how: 'select' })
  })

  it('follows the editor’s cursor and posts no pick', async () => {
    const panel = await test.show(typescript)
    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 0, position: 63 })
    await eventually(() => test.attribute(pickedRow, 'data-position')).toBe('63')
    await expect(test.page.locator('#row-0-63').isVisible()).resolves.toBe(true)
    expect(await panel.messages('pickToken')).toEqual([])
  })

  it('is sorted by a header: descending, then ascending, then in text order', async () => {
    await test.show(typescript, START)
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

  it('scrolls to its first row when it is sorted, and keeps the pick', async () => {
    await test.show(typescript, { picked: { section: 0, position: 60 } })
    await eventually(scrollTop).toBeGreaterThan(0)
    await test.page.locator('[role=columnheader] button', { hasText: 'Surprisal' }).click()
    await eventually(scrollTop).toBe(0)
    expect(await test.attribute(pickedRow, 'data-position')).toBe('60')
  })

  it('can be sorted with the keyboard', async () => {
    await test.show(typescript, START)
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
    const panel = await test.show(typescript, START)
    await test.page.keyboard.press('Control+c')
    expect(await test.posted('copyRow')).toMatchObject({ section: 0, position: 0 })
    await panel.forgetMessages()
    await test.page.evaluate(`getSelection().selectAllChildren(document.querySelector('header'))`)
    await test.page.keyboard.press('Control+c')
    await test.page.keyboard.press('ArrowDown')
    await test.posted('pickToken')
    expect(await panel.messages('copyRow')).toEqual([])
  })

  it('has the picked row of a new text in its middle, and cuts no row in half below its header', async () => {
    await test.show(typescript, { height: 600, picked: { section: 0, position: 24 } })

    const { rowHeight, fromMiddle, scrollTop } = await test.page.locator('[role=grid]').evaluate((grid) => {
      const view = grid.getBoundingClientRect()
      const row = document.querySelector('.row.picked')?.getBoundingClientRect() ?? view
      const fromMiddle = row.top + row.height / 2 - (view.top + row.height + view.bottom) / 2
      return { rowHeight: row.height, fromMiddle: Math.abs(fromMiddle), scrollTop: grid.scrollTop }
    })

    expect(fromMiddle).toBeLessThanOrEqual(rowHeight / 2)
    expect(scrollTop % rowHeight).toBe(0)
  })

  it('has the odds of a rare token as the tool tip of its probability', async () => {
    await test.show(typescript)
    const { position } = MOST_SURPRISING
    const odds = formatOdds(tokenNumbers(position).probability)
    expect(odds).toMatch(/^1 in /)
    expect(await test.attribute(`#row-0-${position} .probability`, 'title')).toBe(odds)
  })

  it('offers the context menu of the token under the pointer', async () => {
    await test.show(typescript)
    await test.page.locator('#row-0-3').click({ button: 'right' })
    expect(await menuContext()).toMatchObject({ inspectionId: typescript.id, section: 0, position: 3 })
  })

  it('offers the context menu of the picked token to the keyboard', async () => {
    await test.show(typescript, { picked: { section: 0, position: 5 } })
    await test.page.locator('[role=grid]').dispatchEvent('contextmenu')
    expect(await menuContext()).toMatchObject({ webviewSection: 'token', position: 5 })
  })

  it('offers no token’s context menu on its header', async () => {
    await test.show(typescript, START)
    await test.page.locator('[role=grid]').dispatchEvent('contextmenu')
    await test.page.locator('[role=columnheader]').first().dispatchEvent('contextmenu')
    expect(await menuContext()).toBeNull()
  })

  it('shows the picked row when its tab opens after another token was picked', async () => {
    const panel = await test.show(typescript, { ...START, width: 520, height: 600 })
    await test.page.getByRole('tab', { name: 'Prediction' }).click()
    await panel.send({ type: 'pickFromEditor', inspectionId: typescript.id, section: 0, position: 80 })
    await test.page.getByRole('tab', { name: 'Tokens' }).click()
    await eventually(() => inGrid('#row-0-80')).toBe(true)
  })

  it.each([12, 14])('has rows of 23 pixels with an editor font of %i pixels', async (size) => {
    await test.show(typescript)
    await test.page.evaluate(
      `document.documentElement.style.setProperty('--vscode-editor-font-size', '${size}px')`,
    )
    await eventually(async () => (await test.page.locator('#row-0-0').boundingBox())?.height).toBe(23)
  })
})

describe('a row without a prediction of this run', () => {
  const text = (position: number) => test.text(`#row-0-${position} .alternatives`)

  it.each<[InspectionState, string]>([
    [{ kind: 'running' }, 'not scored yet'],
    [{ kind: 'cancelled' }, 'not scored: cancelled'],
    [{ kind: 'interrupted' }, 'not scored: window reloaded'],
    [{ kind: 'failed', message: 'Out of memory.', remedies: [] }, 'not scored: failed'],
  ])('says how far the run got: %o', async (state, words) => {
    await test.show({ ...typescript, state, sections: [scoredUpTo(3)] })
    await eventually(() => text(3)).toBe(words)
    await eventually(() => text(85)).toBe(words)
  })

  it('says that a token without context has none', async () => {
    const [first, ...rest] = typescriptSection.predictions
    if (first === undefined) throw new Error('the reference has tokens')
    const predictions = [{ ...first, score: null }, ...rest]
    await test.show({ ...typescript, sections: [{ ...typescriptSection, predictions }] })
    await eventually(() => text(0)).toBe('no context, no prediction')
  })

  it('says it in its tool tip and to screen readers, where a narrow table has no column for it', async () => {
    await test.show(
      { ...typescript, state: { kind: 'cancelled' }, sections: [scoredUpTo(3)] },
      { width: 340, height: 598 },
    )
    const row = test.page.locator('#row-0-3')
    expect(await row.getAttribute('title')).toBe('not scored: cancelled')
    expect(await row.getAttribute('aria-label')).toContain(
      'Not scored, because the inspection was cancelled.',
    )
  })

  it('keeps the numbers of the previous run where they are, dimmed', async () => {
    const panel = await test.show(typescript, START)
    const cells = () =>
      test.page.evaluate(() =>
        [...document.querySelectorAll('#row-0-9 .cell, #row-0-9 .token, #row-0-9 .alternative')].map(
          (cell) => {
            const { left, top, width, height } = cell.getBoundingClientRect()
            return [cell.textContent, left, top, width, height]
          },
        ),
      )
    await test.page.locator('#row-0-9 .alternative').first().waitFor()
    const before = await cells()
    const sections = [scoredUpTo(0)]
    const inspection: Inspection = { ...typescript, id: 'rerun', state: { kind: 'running' }, sections }
    await panel.send({ type: 'showInspection', inspection, picked: null, focus: false })

    const { predictions } = scoredUpTo(3)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions })

    await test.page.locator('#row-0-9.stale').waitFor()
    expect(await cells()).toEqual(before)
    expect(await test.attribute('#row-0-9', 'title')).toBe('from the previous run')
  })
})

describe.each(THEMES)('in the theme %s', (theme) => {
  it('the actual token is apart from other boxes by the weight of its frame', async () => {
    await test.show(typescript, { theme })
    const widthOf = (selector: string) =>
      test.page
        .locator(selector)
        .first()
        .evaluate((box) => getComputedStyle(box).borderTopWidth)
    expect(await widthOf('.alternative.actual code')).toBe('2px')
    expect(await widthOf('.alternative:not(.actual) code')).toBe('1px')
  })

  it('the focus rings of the table and of a header lie inside their boxes', async () => {
    await test.show(typescript, { theme, ...START })
    await test.page.keyboard.press('ArrowUp')
    await test.page.locator('button.sort:focus-visible').waitFor()
    const outside = await test.page.evaluate(() =>
      ['button.sort:focus-visible', '.row.picked'].map((selector) => {
        const element = document.querySelector(selector)
        if (element === null) return NaN
        const { outlineOffset, outlineWidth } = getComputedStyle(element)
        return parseFloat(outlineOffset) + parseFloat(outlineWidth)
      }),
    )
    expect(outside).toEqual([0, 0])
  })
})

function scoredUpTo(count: number): Section {
  return { ...typescriptSection, predictions: typescriptSection.predictions.slice(0, count), next: null }
}

function scrollTop(): Promise<number> {
  return test.page.locator('[role=grid]').evaluate((grid) => grid.scrollTop)
}

/** The token's data that VS Code reads for the context menu. */
async function menuContext(): Promise<unknown> {
  const context = await test.attribute('[role=grid]', 'data-vscode-context')
  return context === null ? null : JSON.parse(context)
}

/** Whether the row lies wholly in the visible part of the grid, below its header. */
function inGrid(row: string): Promise<boolean> {
  return test.page.locator(row).evaluate((element) => {
    const grid = element.closest('.grid')?.getBoundingClientRect()
    const head = document.querySelector('.head')?.getBoundingClientRect()
    const { top, bottom } = element.getBoundingClientRect()
    return grid !== undefined && head !== undefined && top >= head.bottom && bottom <= grid.bottom
  })
}
