import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, typescript } from './panelUnderTest'

const test = panelUnderTest()
const NARROW = { width: 520, height: 700 }
const WIDE = { width: 1180, height: 860 }

describe('the tabs', () => {
  it('are one row for both places in a narrow panel, and one row for each in a wide one', async () => {
    await test.show(typescript, NARROW)
    expect(await test.page.getByRole('tablist').count()).toBe(1)

    await test.page.setViewportSize(WIDE)

    await eventually(() => test.page.getByRole('tablist').count()).toBe(2)
  })

  it('show one place at a time in a narrow panel', async () => {
    await test.show(typescript, NARROW)

    await test.page.getByRole('tab', { name: 'Prediction' }).click()

    await test.page.getByRole('tabpanel', { name: 'Prediction' }).waitFor()
    expect(await test.page.getByRole('grid').isVisible()).toBe(false)
  })

  it('are one tab stop; the arrow keys move the focus and Enter opens', async () => {
    await test.show(typescript, NARROW)
    await test.page.getByRole('tab', { name: 'Tokens' }).focus()

    await test.page.keyboard.press('ArrowRight')
    await test.page.keyboard.press('ArrowRight')
    await test.page.getByRole('tab', { name: 'Prediction' }).and(test.page.locator(':focus')).waitFor()
    expect(await test.page.getByRole('grid').isVisible()).toBe(true)
    await test.page.keyboard.press('Enter')

    await test.page.getByRole('tabpanel', { name: 'Prediction' }).waitFor()
  })

  it('keep the place of the table while another one is open', async () => {
    await test.show(typescript, NARROW)
    const scrollTop = () => test.page.getByRole('grid').evaluate((grid) => grid.scrollTop)
    await test.page.keyboard.press('End')
    await eventually(scrollTop).toBeGreaterThan(500)
    const before = await scrollTop()

    await test.page.getByRole('tab', { name: 'Prediction' }).click()
    await test.page.getByRole('tab', { name: 'Tokens' }).click()

    await eventually(scrollTop).toBe(before)
  })

  it('are restored after a reload', async () => {
    const savedState = { inspectionId: typescript.id, tabs: { main: 'lens', front: 'detail' } }
    const panel = await test.open({ ...NARROW, savedState })
    await panel.send({ type: 'showInspection', inspection: typescript, picked: null, focus: false })
    await test.page.getByRole('tabpanel', { name: 'Prediction' }).waitFor()
    await test.page.setViewportSize(WIDE)
    await test.page.getByRole('tabpanel', { name: 'Lens' }).waitFor()
  })
})

describe('the splitters', () => {
  const splitter = (name: string) => test.page.getByRole('separator', { name })
  const heightOfText = () => test.page.locator('.strip').evaluate((strip) => strip.clientHeight)
  const widthOfPrediction = () =>
    test.page.locator('.column[data-place=detail]').evaluate((column) => column.clientWidth)

  it('change the height of the text and tell the host', async () => {
    await test.show(typescript, WIDE)
    const before = await heightOfText()

    await drag('Height of the text', { x: 0, y: -60 })

    await eventually(heightOfText).toBeLessThan(before - 30)
    const { layout } = await test.posted('storeLayout')
    expect(layout.stripHeight).toBeLessThan(before)
  })

  it('change the width of the prediction and tell the host', async () => {
    await test.show(typescript, WIDE)
    const before = await widthOfPrediction()

    await drag('Width of the prediction', { x: -80, y: 0 })

    await eventually(widthOfPrediction).toBeGreaterThan(before + 60)
    await test.posted('storeLayout')
  })

  it('move with the arrow keys', async () => {
    await test.show(typescript, WIDE)
    const before = await widthOfPrediction()

    await splitter('Width of the prediction').press('ArrowLeft')

    await eventually(widthOfPrediction).toBeGreaterThan(before)
  })

  it('are reset by a double click', async () => {
    await test.show(typescript, WIDE)
    const before = await widthOfPrediction()
    await drag('Width of the prediction', { x: -80, y: 0 })
    await eventually(widthOfPrediction).toBeGreaterThan(before)

    await splitter('Width of the prediction').dblclick()

    await eventually(widthOfPrediction).toBe(before)
    expect(
      (await test.posted('storeLayout', { layout: { stripHeight: null, detailWidth: null } })).type,
    ).toBe('storeLayout')
  })

  it('are where the host says that the user has left them', async () => {
    const panel = await test.show(typescript, WIDE)
    await panel.send({ type: 'setLayout', layout: { stripHeight: null, detailWidth: 500 } })
    await eventually(widthOfPrediction).toBe(500)
  })

  it.each([
    { size: 0, width: 900, prediction: 300 },
    { size: 5000, width: 900, prediction: 459 },
    { size: 5000, width: 1180, prediction: 708 },
  ])('never squeeze the table: $size in a panel of $width px', async ({ size, width, prediction }) => {
    const panel = await test.show(typescript, { width, height: 860 })
    await panel.send({ type: 'setLayout', layout: { stripHeight: size, detailWidth: size } })
    await eventually(widthOfPrediction).toBe(prediction)
    const grid = await test.page.getByRole('grid').boundingBox()
    expect(grid?.height).toBeGreaterThan(6 * 22)
    expect(grid?.width).toBeGreaterThan(430)
  })

  async function drag(name: string, by: { readonly x: number; readonly y: number }): Promise<void> {
    const box = await splitter(name).boundingBox()
    if (box === null) throw new Error(`the splitter ${name} is not visible`)
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await test.page.mouse.move(x, y)
    await test.page.mouse.down()
    await test.page.mouse.move(x + by.x, y + by.y, { steps: 4 })
    await test.page.mouse.up()
  }
})

describe('the keyboard focus', () => {
  it('returns to the table when VS Code’s Find closes and leaves nothing focused', async () => {
    await test.show(typescript, WIDE)
    await test.page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      dispatchEvent(new FocusEvent('focus'))
    })
    await test.page.locator('[role=grid]:focus').waitFor()
  })

  it('follows the visual order by Tab', async () => {
    await test.show(typescript, WIDE)
    await test.page.locator('button.model').focus()
    const places: { readonly top: number; readonly left: number }[] = []
    for (let i = 0; i < 14; i++) {
      await test.page.keyboard.press('Tab')
      const place = await test.page.evaluate(() => {
        const { top = 0, left = 0 } = document.activeElement?.getBoundingClientRect() ?? {}
        return { top, left, outside: document.activeElement === document.body }
      })
      if (place.outside) break
      places.push(place)
    }
    const inOrder = places.every(({ top, left }, i) => {
      const before = places[i - 1]
      // In the work area the left column comes before the right one.
      return before === undefined || top >= before.top - 4 || left > before.left
    })
    expect({ inOrder, count: places.length > 6 }).toEqual({ inOrder: true, count: true })
  })
})
