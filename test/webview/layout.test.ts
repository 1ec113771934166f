import { describe, expect, it } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { layoutProblems } from './layoutProblems'
import { eventually, panelUnderTest, typescript, typescriptSection as section } from './panelUnderTest'

const test = panelUnderTest()

/** In pixels: next to an editor or in the side bar of a small or a large window, on both sides of every breakpoint. */
const SIZES: readonly (readonly [width: number, height: number])[] = [
  [320, 400],
  [340, 598],
  [393, 820],
  [431, 500],
  [520, 700],
  [620, 480],
  [720, 840],
  [761, 400],
  [899, 620],
  [900, 400],
  [1180, 860],
  [2400, 1400],
]

const MIN_TABLE_ROWS = 5

describe.each(SIZES)('at %i × %i', (width, height) => {
  it('nothing is clipped, overlaps or scrolls sideways in any tab, and the table has its rows', async () => {
    await show(typescript, { width, height })
    expect(await layoutProblems(test.page)).toEqual([])
    expect(await visibleRows()).toBeGreaterThanOrEqual(MIN_TABLE_ROWS)

    await test.page.getByRole('tab', { name: 'Prediction' }).click()
    await test.page.getByRole('tabpanel', { name: 'Prediction' }).waitFor()

    expect(await layoutProblems(test.page)).toEqual([])
  })

  it('a long name, a long status and a notice still fit', async () => {
    const panel = await show(
      {
        ...typescript,
        documentName: 'packages/language-model-tools/src/aVeryLongFileNameThatNoPanelHasRoomFor.test.ts',
        model: {
          ...typescript.model,
          id: 'my-fine-tuned-gpt2-checkpoint-2000',
          description: 'from a folder',
        },
        sections: [{ ...section, contextTokens: 12_345 }],
        state: { kind: 'cancelled' },
      },
      { width, height },
    )

    await panel.send({
      type: 'showNotice',
      notice: {
        kind: 'longRun',
        documentName: 'long.txt',
        tokens: 41_234,
        seconds: 178,
        hasVisiblePart: true,
      },
    })

    await test.page.getByRole('button', { name: 'Inspect All' }).waitFor()
    expect((await layoutProblems(test.page)).filter(isAboutHeight)).toEqual([])
  })
})

/** In the smallest panel a notice pushes the work area down: the page scrolls then. */
function isAboutHeight(problem: string): boolean {
  return !/the page is \d+ px high/.test(problem)
}

describe('a re-run of the same text', () => {
  it('moves nothing from its start to its end', async () => {
    const panel = await show(typescript, { width: 1180, height: 860 })
    const before = await positions()
    const rerun: Inspection = {
      ...typescript,
      id: 'rerun',
      state: { kind: 'running' },
      sections: [{ ...section, predictions: [], next: null }],
    }

    await panel.send({ type: 'showNotice', notice: { kind: 'preparing', note: 'Loading the model…' } })
    await test.page.getByRole('button', { name: 'Cancel' }).waitFor()
    expect(await positions()).toEqual(before)

    await panel.send({ type: 'showInspection', inspection: rerun, picked: null, focus: false })
    await test.page.locator('.status', { hasText: '0 of 85 tokens' }).waitFor()
    expect(await positions()).toEqual(before)

    const half = section.predictions.slice(0, 40)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions: half })
    await test.page.locator('.status', { hasText: '40 of 85 tokens' }).waitFor()
    expect(await positions()).toEqual(before)

    const rest = section.predictions.slice(40)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions: rest })
    await panel.send({ type: 'setState', inspectionId: 'rerun', state: { kind: 'done', seconds: 0.17 } })
    await test.page.getByRole('button', { name: 'Run Again' }).waitFor()
    expect(await positions()).toEqual(before)
  })

  it('keeps the old numbers until the new ones arrive', async () => {
    const panel = await show(typescript, { width: 1180, height: 860 })
    const running = { ...typescript, id: 'rerun', state: { kind: 'running' } as const }
    const sections = [{ ...section, predictions: [], next: null }]

    await panel.send({
      type: 'showInspection',
      inspection: { ...running, sections },
      picked: null,
      focus: false,
    })
    await test.page.locator('.status', { hasText: '0 of 85 tokens' }).waitFor()
    const predictions = section.predictions.slice(0, 40)
    await panel.send({ type: 'appendPredictions', inspectionId: 'rerun', section: 0, predictions })

    await eventually(() => test.page.locator('.row.stale').count()).toBeGreaterThan(0)
    expect(await test.text('#row-0-60')).toContain('%')
  })
})

async function show(inspection: Inspection, size: { readonly width: number; readonly height: number }) {
  const panel = await test.open(size)
  await panel.send({ type: 'showInspection', inspection, picked: null, focus: false })
  await test.page.locator('.row.picked').waitFor({ state: 'attached' })
  return panel
}

/** Rows of the table that are wholly visible, without its header. */
function visibleRows(): Promise<number> {
  return test.page.evaluate(() => {
    const grid = document.querySelector('[role=grid]')?.getBoundingClientRect()
    const head = document.querySelector('.head')?.getBoundingClientRect()
    if (grid === undefined || head === undefined) return 0
    return [...document.querySelectorAll('logitscope-row-block .row')].filter((row) => {
      const { top, bottom } = row.getBoundingClientRect()
      return top >= head.bottom - 1 && bottom <= grid.bottom + 1
    }).length
  })
}

/** Where everything is that must not move, in whole pixels. */
function positions(): Promise<Record<string, number[]>> {
  return test.page.evaluate(() => {
    const selectors = [
      'header .line',
      'header :is(.figures, [role=switch], select, .run, .more)',
      'logitscope-sparkline',
      '.strip',
      '.running-text .token',
      '.work',
      '.row',
      '.candidates tr',
      'logitscope-prediction h2',
      '.more',
    ]
    const boxOf = (element: Element) => {
      const { left, top, width, height } = element.getBoundingClientRect()
      return [left, top, width, height].map(Math.round)
    }
    return Object.fromEntries(
      selectors.map((selector) => [selector, [...document.querySelectorAll(selector)].flatMap(boxOf)]),
    )
  })
}
