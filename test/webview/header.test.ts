import { describe, expect, it } from 'vitest'

import { eventually, panelUnderTest, started, typescript } from './panelUnderTest'

const test = panelUnderTest()
const { id } = typescript

describe('the model button', () => {
  it('opens a popover with the remarks about the model’s files', async () => {
    const remarks = ['Linear layout, transposed on load']
    await test.show({ ...typescript, model: { ...typescript.model, remarks } })
    await openPopover()
    expect(await test.text('.popover')).toContain('Linear layout, transposed on load')
  })

  it.each([
    ['Select Model…', 'selectModel'],
    ['Use GPT-2', 'useGpt2'],
    ['Compare with int8', 'measurePrecisionCost'],
  ] as const)('offers %s, which closes the popover', async (name, command) => {
    await test.show(typescript)
    await openPopover()
    await test.page.getByRole('button', { name }).click()
    await test.posted('runCommand', { command })
    await test.page.locator('.popover:popover-open').waitFor({ state: 'detached' })
  })

  it('offers Logitscope Native only where it can be installed', async () => {
    const panel = await test.show(typescript)
    const offer = test.page.getByRole('button', { name: 'Install Logitscope Native' })
    await openPopover()
    expect(await offer.count()).toBe(0)

    await panel.send({ type: 'setNativeOffer', isOffered: true })
    await offer.click()

    await test.posted('runCommand', { command: 'installNative' })
  })

  it('changes the precision', async () => {
    await test.show(typescript)
    await openPopover()
    await test.page.getByRole('radio', { name: 'int8' }).click()
    await test.posted('runCommand', { command: 'useInt8' })
  })

  it('offers fp32 only to a model that fits into memory in it', async () => {
    const model = { ...typescript.model, parameters: 1_557_611_200, precision: 'int8' as const }
    await test.show({ ...typescript, model })
    await openPopover()
    expect(await test.page.getByRole('radio', { name: 'fp32' }).isDisabled()).toBe(true)
    expect(await test.page.getByRole('button', { name: 'Measure Precision Cost' }).count()).toBe(0)
  })

  it('closes its popover by Escape without cancelling the run', async () => {
    const panel = await test.show(started)
    await openPopover()
    await test.page.keyboard.press('Escape')
    await test.page.locator('.popover:popover-open').waitFor({ state: 'detached' })
    expect(await panel.messages('runCommand')).toEqual([])
  })

  it('opens a popover that has the facts that a narrow header leaves out', async () => {
    await test.show(typescript, { width: 340, height: 598 })
    expect(await test.page.getByRole('switch').count()).toBe(0)
    await openPopover()
    await test.page.getByRole('switch').click()
    await test.posted('setStartToken', { startToken: false })
  })

  it('has the number of the backend’s self-test on one line in panels of any width', async () => {
    const selfTest = {
      device: 'a CPU',
      maxDelta: 2e-5,
      meanDelta: 2e-6,
      milliseconds: { wasm: 9, accelerated: 3 },
    }
    await test.show({ ...typescript, model: { ...typescript.model, backend: 'native', selfTest } })
    await openPopover()

    const lines: number[] = []
    for (let width = 300; width < 400; width += 4) {
      await test.page.setViewportSize({ width, height: 700 })
      lines.push(await linesOfNumber())
    }

    expect(new Set(lines)).toEqual(new Set([1]))
  })

  /** Number of lines that the first `2e-5` in the popover takes. */
  function linesOfNumber(): Promise<number> {
    return test.page.locator('.popover').evaluate((popover) => {
      const texts = document.createTreeWalker(popover, NodeFilter.SHOW_TEXT)
      for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
        const start = text.textContent?.indexOf('2e-5') ?? -1
        if (start === -1) continue
        const range = document.createRange()
        range.setStart(text, start)
        range.setEnd(text, start + '2e-5'.length)
        return range.getClientRects().length
      }
      return 0
    })
  }
})

describe('the status', () => {
  it.each([
    [620, 'the document has changed'],
    [520, 'text changed'],
    [340, 'text changed'],
  ])('is not cut off at %i pixels', async (width, status) => {
    const panel = await test.show(typescript, { width, height: 700 })

    await panel.send({ type: 'setDocumentState', inspectionId: id, state: 'changed' })

    await eventually(() => test.text('.status')).toBe(status)
    const cutOff = await test.page.locator('.status').evaluate((el) => el.scrollWidth - el.clientWidth)
    expect(cutOff).toBeLessThanOrEqual(1) // half pixels are rounded
  })
})

describe('the list of keyboard shortcuts', () => {
  it('is readable from its beginning in the smallest panel', async () => {
    await test.show(typescript, { width: 320, height: 400 })

    await test.page.keyboard.press('?')

    await test.page.locator('.keys button:focus').waitFor()
    const { y } = (await test.page.locator('.keys h2').boundingBox()) ?? { y: NaN }
    expect(y).toBeGreaterThan(0)
  })
})

describe('the comparison with the other precision', () => {
  it('is not offered while the text is being scored', async () => {
    await test.show(started)
    await openPopover()
    expect(await test.page.getByRole('button', { name: 'Compare with int8' }).count()).toBe(0)
  })
})

/** Opens the popover of the model button. */
async function openPopover(): Promise<void> {
  await test.page.locator('button.model').click()
  await test.page.locator('.popover:popover-open').waitFor()
}
