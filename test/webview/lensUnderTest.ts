import { encodeLensRows } from '../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { lensRowOf } from '../support/panel/lensOfInspection'
import type { PageCall } from '../support/panel/pageCall'
import type { PanelPage } from '../support/panel/panelHarness'
import type { PanelUnderTest, ShowOptions } from './panelUnderTest'

/** Opens the tab Lens and answers its first request. */
export async function showLens(
  test: PanelUnderTest,
  inspection: Inspection,
  options?: ShowOptions,
): Promise<PanelPage> {
  const panel = await test.show(inspection, options)
  await test.page.getByRole('tab', { name: 'Lens' }).click()
  await answerLens(inspection, await test.called('lens'))
  await test.page.locator('.lens .token.hit, .lens [class*=likely]').first().waitFor()
  return panel
}

/** Answers with all rows. */
export async function answerLens(inspection: Inspection, call: PageCall<'lens'>): Promise<void> {
  const { section, from, end } = call.request
  const rows = Array.from({ length: end - from }, (_, i) =>
    lensRowOf(inspection, { section, position: from + i }),
  )
  await call.progress({ position: from, rows: encodeLensRows(rows) })
  await call.resolve()
}
