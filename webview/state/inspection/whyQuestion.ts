// The question that the tab Why asks about the picked token.

import type { Contrast } from '../../../src/shared/contracts/engine/explanation'
import type { Distribution } from '../../../src/shared/contracts/engine/prediction'
import type { WhyQuestion } from '../../../src/shared/contracts/panel/panelCalls'
import type { WhySubject } from '../../../src/shared/contracts/panel/why'
import { distributionAt } from '../rows/addresses'
import { baselineAt } from '../rows/comparedRows'
import type { PanelState } from './panelState'
import { isSameQuestion } from '../explanations/why'

/** The question about the picked token; null if the token is not scored. */
export function whyQuestion(state: PanelState): WhyQuestion | null {
  const { inspection, picked, explained } = state
  if (inspection === null || picked === null) return null
  const explainedSide = sideAndDistribution(state)
  if (explainedSide === null) return null
  const { side, distribution } = explainedSide
  const { section, position } = picked
  const tokenId =
    explained.tokenId ??
    inspection.sections[section]?.tokens[position]?.tokenId ??
    distribution.top.at(0)?.tokenId
  if (tokenId === undefined) return null
  const contrast = explained.contrast ?? defaultContrast(distribution, tokenId)
  const subject = { inspectionId: inspection.id, section, position, side, tokenId, contrast }
  return { subject, knockedOut: knockedOutOf(state, subject) }
}

/** A row that the baseline does not have is explained on the shown side. */
function sideAndDistribution({
  inspection,
  picked,
  side,
}: PanelState): (Pick<WhySubject, 'side'> & { readonly distribution: Distribution }) | null {
  const section = picked === null ? undefined : inspection?.sections[picked.section]
  if (inspection === null || picked === null || section === undefined) return null
  const baseline = side === 'baseline' ? baselineAt(inspection, picked) : null
  if (baseline !== null) return { side: 'baseline', distribution: baseline }
  const distribution = distributionAt(section, picked.position)
  return distribution === null ? null : { side: 'shown', distribution }
}

/** The most likely other token. Without one in the list, the mean. */
function defaultContrast({ top }: Distribution, tokenId: number): Contrast {
  const other = [...top].find((alternative) => alternative.tokenId !== tokenId)
  return other === undefined ? { kind: 'mean' } : { kind: 'token', tokenId: other.tokenId }
}

function knockedOutOf(
  { why }: PanelState,
  { inspectionId, section, position, side }: WhySubject,
): readonly number[] {
  const { knockedOut } = why.view
  const isOfToken =
    knockedOut?.inspectionId === inspectionId &&
    knockedOut.section === section &&
    knockedOut.position === position &&
    knockedOut.side === side
  return isOfToken ? knockedOut.rows : []
}

/** Whether the host still has to answer a part of the question. */
export function isWhyPending({ why }: PanelState, question: WhyQuestion): boolean {
  return !isSameQuestion(why.question, question) || why.progress.kind === 'running'
}
