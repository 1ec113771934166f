// What the tab Why asks about the picked token.

import type { Against } from '../../src/shared/contracts/explanation'
import type { Inspection } from '../../src/shared/contracts/inspection'
import type { Distribution } from '../../src/shared/contracts/prediction'
import type { WhySubject } from '../../src/shared/contracts/why'
import { distributionAt } from './addresses'
import type { PanelState } from './panelState'
import { isSameQuestion, type WhyQuestion } from './why'

/** What the tab asks about the picked token; null if the token is not scored. */
export function whyQuestion(state: PanelState): WhyQuestion | null {
  const { inspection, picked, explained } = state
  if (inspection === null || picked === null) return null
  const distribution = distributionOf(inspection, picked)
  if (distribution === null) return null
  const { section, position } = picked
  const tokenId =
    explained.tokenId ??
    inspection.sections[section]?.tokens[position]?.tokenId ??
    distribution.top.at(0)?.tokenId
  if (tokenId === undefined) return null
  const against = explained.against ?? defaultAgainst(distribution, tokenId)
  const subject = { inspectionId: inspection.id, section, position, tokenId, against }
  return { subject, knockedOut: knockedOutOf(state, subject) }
}

function distributionOf(inspection: Inspection, { section, position }: WhyPlace): Distribution | null {
  const shown = inspection.sections[section]
  return shown === undefined ? null : distributionAt(shown, position)
}

type WhyPlace = Pick<WhySubject, 'section' | 'position'>

/** The most likely other token. Without one in the list, the mean. */
function defaultAgainst({ top }: Distribution, tokenId: number): Against {
  const other = [...top].find((alternative) => alternative.tokenId !== tokenId)
  return other === undefined ? { kind: 'mean' } : { kind: 'token', tokenId: other.tokenId }
}

function knockedOutOf(
  { why }: PanelState,
  { inspectionId, section, position }: WhySubject,
): readonly number[] {
  const { knockedOut } = why.view
  const isOfToken =
    knockedOut?.inspectionId === inspectionId &&
    knockedOut.section === section &&
    knockedOut.position === position
  return isOfToken ? knockedOut.rows : []
}

/** Whether the host still has to answer a part of the question. */
export function isWhyPending({ why }: PanelState, question: WhyQuestion): boolean {
  return !isSameQuestion(why.question, question) || why.progress.kind === 'running'
}
