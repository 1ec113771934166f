import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import { formatDecimal, formatProbability } from '../../src/shared/text/format'
import type { PanelPage } from '../support/panel/panelHarness'
import { logitsLike, referenceInspection } from '../support/reference/referenceInspection'
import { tokenNumbers } from '../support/reference/sampleNumbers'
import { eventually, panelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'

const test = panelUnderTest()

describe('the detail pane', () => {
  const address = { inspectionId: typescript.id, section: 0, position: 63 }
  const { score } = elementAt(typescriptSection.predictions, address.position)
  if (score === null) throw new Error('the reference scores every token')
  const logits = logitsLike(score, vocabulary.size)
  const numbers = tokenNumbers(address.position)

  async function openPicked(): Promise<PanelPage> {
    const panel = await test.show(typescript)
    await panel.send({ type: 'pickFromEditor', ...address })
    await test.posted('requestLogits', address)
    await test.page.locator('.detail h2', { hasText: 'token 63 of 85' }).waitFor()
    return panel
  }

  it('shows which row of logits the numbers come from', async () => {
    await openPicked()
    const [logit, logSumExp, logProb] = [numbers.logit, numbers.logSumExp, numbers.logProb].map((value) =>
      formatDecimal(value, 3),
    )
    expect(await test.text('.source')).toContain('logits[0, 63] of [1, 86, 50257]')
    expect((await test.text('.source')).replaceAll(/\s+/g, ' ')).toContain(
      `logit ${logit} − log-sum-exp ${logSumExp} = log-prob ${logProb}`,
    )
    expect(await test.text('.detail h2')).toContain('token 63 of 85 · id 17056')
    expect(await test.text('.bytes')).toBe('bytes 20 43 6F 6E 66 69 67')
  })

  it('lists the actual token below a gap if it is not among the most likely', async () => {
    await openPicked()
    expect(await test.text('.candidates .actual')).toContain('·Config')
    expect(await test.page.locator('.candidates .gap').count()).toBe(1)
  })

  it('requests only the row at which the arrow keys stop', async () => {
    const panel = await test.show(typescript)
    await test.posted('requestLogits')
    await panel.forgetMessages()
    // All in one task, so that a slow machine cannot pause between two keys.
    await test.page.evaluate(`{
      const grid = document.querySelector('[role=grid]')
      for (let i = 0; i < 5; i++)
        grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))
    }`)
    await test.posted('requestLogits', { position: 5 })
    expect(await panel.messages('requestLogits')).toHaveLength(1)
  })

  it('ignores the row of a token that is no longer picked', async () => {
    const panel = await openPicked()
    await panel.send({ type: 'logits', ...address, position: 3, logits })
    await panel.send({ type: 'setOutOfDate', inspectionId: typescript.id, outOfDate: true })
    await test.page.locator('.notice.warning').waitFor()
    expect(await test.text('.candidates tbody tr')).toContain('…')
  })

  it('applies the sampling controls to the full vocabulary', async () => {
    const panel = await openPicked()
    await panel.send({ type: 'logits', ...address, logits })
    await test.page.locator('.effect', { hasText: 'All 50,257 tokens' }).waitFor()
    await test.page.getByLabel('Top-k', { exact: true }).fill('2')
    await test.page.locator('.effect', { hasText: 'Top-k 2 keeps 2 tokens and cuts' }).waitFor()
    const rows = await test.texts('.candidates tbody tr')
    const cells = rows.map((row) => row.replaceAll(/[\t\n]/g, ' '))
    const [first = NaN, second = NaN] = numbers.topProbabilities
    expect(cells[0]).toContain(`${formatProbability(first)} ${formatProbability(first / (first + second))}`)
    expect(cells[2]).toContain('cut')
    expect(await test.page.locator('.candidates s').count()).toBe(9)
    await test.page.getByRole('button', { name: 'Reset' }).click()
    await test.page.locator('.effect', { hasText: 'All 50,257 tokens' }).waitFor()
  })

  it('calls temperature 0 greedy', async () => {
    const panel = await openPicked()
    await panel.send({ type: 'logits', ...address, logits })
    const slider = test.page.getByLabel('Temperature', { exact: true })
    await slider.fill('0')
    await test.page.locator('.effect', { hasText: 'greedy' }).waitFor()
    expect(await slider.getAttribute('aria-valuetext')).toBe('0, greedy')
  })

  it('lists as many alternatives as the user enters, at most 100', async () => {
    const panel = await openPicked()
    await panel.send({ type: 'logits', ...address, logits })
    const field = test.page.getByLabel('Number of most likely tokens to list')
    await field.fill('500')
    await field.press('Enter')
    expect(await test.posted('setTopK')).toEqual({ type: 'setTopK', topK: 100 })
    await eventually(() =>
      test.page.locator('.candidates tbody tr:not(.gap)').count(),
    ).toBeGreaterThanOrEqual(100)
  })

  it('shows the prediction after the text, which has no actual token', async () => {
    await test.show(typescript)
    await test.page.keyboard.press('End')
    await test.page.locator('.detail h2', { hasText: 'next' }).waitFor()
    expect(await test.text('.source')).toContain('logits[0, 85] of [1, 86, 50257]')
    expect(await test.page.locator('.candidates .actual').count()).toBe(0)
  })

  it('shows that a token without context has no prediction', async () => {
    const panel = await test.show(referenceInspection('typescript', vocabulary))
    expect(await test.text('.detail')).toContain('No prediction: the model has no context before this token')
    expect(await panel.messages('requestLogits')).toEqual([])
  })

  it('shows why loading the full row failed', async () => {
    const panel = await openPicked()
    await panel.send({ type: 'logitsFailed', ...address, message: 'The engine has stopped.' })
    await eventually(() => test.text('.detail [role=alert]')).toContain('The engine has stopped.')
  })
})
