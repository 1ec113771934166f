import { ArrayFileError, PickledArrayError } from '../../files/source/errors'
import { describeFailure } from '../../prediction/failureText'
import type { CheckActivity } from '../../shared/contracts/check/checkProtocol'
import { LogitscopeError } from '../../shared/errors'

/** The file has no token ids, and no text was given. */
export class NoTokensError extends LogitscopeError {}

/** A failed check as the user sees it, with what can be done, the most promising action first. */
export function describeCheckFailure(error: unknown): CheckFailure {
  const kind = 'failed'
  const { message } = describeFailure(error)
  if (error instanceof PickledArrayError) {
    const { conversion } = error
    return { kind, message, actions: ['copyConversion', 'chooseFile'], conversion }
  }
  if (error instanceof NoTokensError) return { kind, message, actions: ['chooseText', 'copySnippet'] }
  if (error instanceof ArrayFileError) return { kind, message, actions: ['copySnippet', 'chooseFile'] }
  return { kind, message, actions: ['checkAgain', 'showLog'] }
}

export type CheckFailure = Extract<CheckActivity, { kind: 'failed' }>
