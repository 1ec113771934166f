import { isRecord } from '../../shared/isRecord'
import type { PinnedModel } from '../registry'

/** The file next to a model's weights that says which file of which revision they are, or are a part of. */
const NOTE_FILE = 'source.json'

/** The fields of the note in addition to those of the pinned file. */
export interface SourceNote {
  /** The hub's strong validator (ETag) of the bytes received so far; null if it gave none. */
  readonly etag: string | null
  /** In a browser: the length in bytes of each slice of the whole file. */
  readonly slices?: readonly number[]
  /** In a browser: whether all slices exist and have the pinned digest. */
  readonly verified?: boolean
}

/** Small files of one model; `read` resolves to undefined if the file does not exist. */
export interface NoteStorage {
  read(name: string): Promise<Uint8Array | undefined>
  /** Replaces the file as a whole. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** Undefined if the note is missing, damaged, or about another file than the model's pinned one. */
export async function readNote(storage: NoteStorage, model: PinnedModel): Promise<SourceNote | undefined> {
  const bytes = await storage.read(NOTE_FILE)
  const note = bytes === undefined ? undefined : parseJson(new TextDecoder().decode(bytes))
  if (!isRecord(note) || note.sha256 !== model.sha256 || note.revision !== model.revision) return undefined
  const { etag, slices, verified } = note
  return {
    etag: typeof etag === 'string' ? etag : null,
    ...(areSliceLengths(slices, model.bytes) && { slices }),
    verified: verified === true,
  }
}

export async function writeNote(storage: NoteStorage, model: PinnedModel, note: SourceNote): Promise<void> {
  const { repository, revision, bytes, sha256 } = model
  const json = JSON.stringify({ repository, revision, bytes, sha256, ...note }, undefined, 2)
  await storage.write(NOTE_FILE, new TextEncoder().encode(json))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function areSliceLengths(value: unknown, bytes: number): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((length): length is number => Number.isSafeInteger(length)) &&
    value.reduce((sum, length) => sum + length, 0) === bytes
  )
}
