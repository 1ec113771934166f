import type { ShownCheck } from '../../../shared/contracts/check/checkProtocol'
import { isRecord } from '../../../shared/isRecord'
import type { FileVersion } from './logitsWatch'

/** The file and the text that are checked. */
export interface CheckSubject {
  /** URI of the file of logits. */
  readonly uri: string
  /** The text that the logits are of; null if the file has the token ids. */
  readonly text: string | null
}

/** Checks of another format are not restored. */
export const FORMAT = 2

/** A session as it is saved in the workspace's state, for a reload of the window. */
export interface StoredCheck extends Pick<ShownCheck, 'result' | 'history' | 'offer'> {
  readonly format: typeof FORMAT
  readonly subject: CheckSubject
  /** The version of the file that `result` is of. */
  readonly version: FileVersion | null
  readonly model: string | null
}

/** Undefined for what another version of the extension has saved, and if nothing is saved. */
export function parseStoredCheck(value: unknown): StoredCheck | undefined {
  return isStoredCheck(value) ? value : undefined
}

/** Only this extension writes the workspace's state, so the format says enough. */
function isStoredCheck(value: unknown): value is StoredCheck {
  return isRecord(value) && value.format === FORMAT
}
