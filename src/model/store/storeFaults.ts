import {
  DiskSpaceError,
  HubConnectionError,
  LogitscopeError,
  ModelFilesError,
  PinnedFileError,
} from '../../shared/errors'
import { formatBytes, formatBytesOf } from '../../shared/text/format'
import { WEIGHTS_FILE } from '../formats/modelFiles'
import { TransientHubError } from '../hub/transientHubError'
import type { PinnedModel } from '../registry'

/** The error to show to the user for an error of the hub or the disk, with `stored` bytes downloaded so far. */
export function meaningOf(error: unknown, model: PinnedModel, stored: number): unknown {
  if (error instanceof LogitscopeError) return error
  if (error instanceof TransientHubError) {
    const what = error.kind === 'connection' ? 'No connection to the hub' : capitalized(error.message)
    const rest = stored === 0 ? 'nothing was downloaded' : `${formatBytesOf(stored, model.bytes)} are saved`
    return new HubConnectionError(`${what}; ${rest}`, { cause: error })
  }
  if (isDiskFull(error)) {
    const needs = `${model.id} needs ${formatBytes(model.bytes)}`
    return new DiskSpaceError(`The disk is full: ${needs}.`, { cause: error })
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new ModelFilesError(`The files of ${model.id} cannot be read or written: ${reason}`, {
    cause: error,
  })
}

/** Whether the system says that the disk is full, or the user's share of it. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

export function notPinned(): PinnedFileError {
  return new PinnedFileError(`${WEIGHTS_FILE} is not the pinned file and was deleted`)
}

/** The error for a file of the user’s that is not the pinned one; the file is not deleted. */
export function otherFile(path: string, model: PinnedModel, why: string): PinnedFileError {
  return new PinnedFileError(`${path.split(/[\\/]/).at(-1)} is not the pinned file of ${model.id}: ${why}.`)
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
