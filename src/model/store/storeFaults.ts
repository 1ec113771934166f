import {
  DiskSpaceError,
  HubConnectionError,
  LogitscopeError,
  ModelFilesError,
  PinnedFileError,
} from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import { TransientHubError } from '../hub/transientHubError'
import { WEIGHTS_FILE } from '../formats/modelFiles'
import type { PinnedModel } from '../registry'

/** What an error of the hub or of the disk means for the user, of whose download `kept` bytes are there. */
export function meaningOf(error: unknown, model: PinnedModel, kept: number): unknown {
  if (error instanceof LogitscopeError) return error
  if (error instanceof TransientHubError) {
    const what = error.kind === 'connection' ? 'No connection to the hub' : sentenceOf(error.message)
    const rest = kept === 0 ? 'nothing has come yet' : `${formatBytesOf(kept, model.bytes)} are kept`
    return new HubConnectionError(`${what}; ${rest}`, { cause: error })
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const needs = `${model.id} needs ${formatBytes(model.bytes)}`
    return new DiskSpaceError(`The disk is full: ${needs}.`, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ModelFilesError(`The files of ${model.id} cannot be read or written: ${reason}`, {
    cause: error,
  })
}

export function notPinned(): PinnedFileError {
  return new PinnedFileError(`${WEIGHTS_FILE} is not the pinned file and was deleted`)
}

/** Of a file of the user’s, which stays. */
export function otherFile(path: string, model: PinnedModel, why: string): PinnedFileError {
  return new PinnedFileError(`${path.split(/[\\/]/).at(-1)} is not the pinned file of ${model.id}: ${why}.`)
}

function sentenceOf(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
