import { isRecord } from '../../isRecord'
import { CHECK_ACTIONS, type CheckPageMessage } from './checkProtocol'

/** Validates a message from the page of Check My GPT-2, which is untrusted; undefined if it is malformed. */
export function parseCheckMessage(value: unknown): CheckPageMessage | undefined {
  if (!isRecord(value)) return undefined
  if (value.type === 'ready') return { type: 'ready' }
  const action = CHECK_ACTIONS.find((known) => known === value.action)
  return value.type === 'act' && action !== undefined ? { type: 'act', action } : undefined
}
