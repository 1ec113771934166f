import { readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import type { PinnedModel } from '../../registry'
import { writeDurably } from './durableFiles'

/** What the weights beside it are, or are a part of: `source.json` of a download, and of the model that it becomes. */
export interface SourceNote {
  readonly repository: string
  readonly revision: string
  readonly bytes: number
  readonly sha256: string
  /** The hub's strong validator of the bytes that have come so far. */
  readonly etag: string | null
}

const NOTE_FILE = 'source.json'

export function noteOf(
  { repository, revision, bytes, sha256 }: PinnedModel,
  etag: string | null,
): SourceNote {
  return { repository, revision, bytes, sha256, etag }
}

/** Undefined where there is none, or none of this model's pinned file. */
export async function readNote(folder: string, model: PinnedModel): Promise<SourceNote | undefined> {
  try {
    const note = JSON.parse(await readFile(join(folder, NOTE_FILE), 'utf8')) as Partial<SourceNote> | null
    if (note?.sha256 !== model.sha256 || note.revision !== model.revision) return undefined
    return noteOf(model, typeof note.etag === 'string' ? note.etag : null)
  } catch {
    return undefined
  }
}

/** There is always a whole note: the one before, or this one. */
export async function writeNote(folder: string, note: SourceNote): Promise<void> {
  const path = join(folder, NOTE_FILE)
  await writeDurably(`${path}.new`, JSON.stringify(note, undefined, 2))
  await rename(`${path}.new`, path)
}

/** How many bytes of the weights are in a folder; 0 where they are not of this model. */
export async function keptBytes(folder: string, model: PinnedModel): Promise<number> {
  if ((await readNote(folder, model)) === undefined) return 0
  return stat(join(folder, WEIGHTS_FILE)).then(
    ({ size }) => size,
    () => 0,
  )
}
