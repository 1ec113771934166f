import { assertNever } from '../../../shared/assertNever'
import type { Notice } from '../../../shared/contracts/panel/protocol'
import type { InspectionSession } from '../session/inspectionSession'

/** The notice about a session's request: above the shown run, or instead of it. Undefined if there is nothing to say. */
export function noticeOf({
  requested,
  shown,
}: Pick<InspectionSession, 'requested' | 'shown'>): Notice | undefined {
  switch (requested.kind) {
    case 'none':
      return shown.kind === 'empty' ? { kind: 'noInspection' } : undefined
    case 'refused':
      return requested.refusal
    case 'preparing':
      return { kind: 'preparing', note: requested.note }
    case 'asking':
      return requested.question
    case 'failed':
      return { kind: 'failed', ...requested.failure }
    default:
      return assertNever(requested)
  }
}
