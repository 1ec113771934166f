import { elementAt } from '../../src/shared/elementAt'
import type { PanelPage } from '../support/panel/panelHarness'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import { logitsLike } from '../support/reference/referenceInspection'
import { type PanelUnderTest, typescript, typescriptSection, vocabulary } from './panelUnderTest'

/** The token that the panel picks by itself: it is not among the ten most likely. */
export const pickedAddress = { inspectionId: typescript.id, section: 0, position: MOST_SURPRISING.position }

const { score } = elementAt([...typescriptSection.predictions], pickedAddress.position)
if (score === null) throw new Error('the reference scores every token')

/** The full row of logits that the token is scored with. */
export const pickedLogits = logitsLike(score, vocabulary.size)

/** Shows the inspection and waits until the panel has requested the picked token's full row of logits. */
export async function showPicked(test: PanelUnderTest): Promise<PanelPage> {
  const panel = await test.show(typescript)
  await test.called('logits', pickedAddress)
  return panel
}

/** Shows the inspection with the picked token's full row of logits. */
export async function showPickedWithRow(test: PanelUnderTest): Promise<PanelPage> {
  const panel = await showPicked(test)
  await answerLogits(test)
  return panel
}

/** Answers with the picked token's full row of logits. */
export async function answerLogits(test: PanelUnderTest): Promise<void> {
  const call = await test.called('logits', pickedAddress)
  await call.resolve(pickedLogits)
}

/** Opens a section of the Prediction tab. */
export async function openPart(test: PanelUnderTest, title: 'Sampling' | 'How computed'): Promise<void> {
  await test.page.locator('summary', { hasText: title }).click()
}
