import { encodeLensRows } from '../../src/shared/contracts/panel/lensRows'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { RequestLensMessage } from '../../src/shared/contracts/panel/lensMessages'
import { lensRowOf } from '../support/panel/lensOfInspection'
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
  await answerLens(panel, inspection, await test.posted('requestLens'))
  await test.page.locator('.lens .token.hit, .lens [class*=likely]').first().waitFor()
  return panel
}

/** Sends the rows of a request, and that it has ended. */
export async function answerLens(
  panel: PanelPage,
  inspection: Inspection,
  { inspectionId, request, side, section, from, end }: RequestLensMessage,
): Promise<void> {
  const rows = Array.from({ length: end - from }, (_, i) =>
    lensRowOf(inspection, { section, position: from + i }),
  )
  const bytes = encodeLensRows(rows)
  await panel.send({ type: 'lensRows', inspectionId, side, section, position: from, rows: bytes })
  await panel.send({ type: 'lensEnded', inspectionId, request, failure: null })
}
