import type { PinnedModel } from '../../registry'
import type { SliceSpace } from './sliceSpace'

/** What the slices beside it are, or are a part of. */
export interface SlicesNote {
  readonly revision: string
  readonly sha256: string
  /** The hub's strong validator of the bytes that have come so far. */
  readonly etag: string | null
  /** The length of each slice of the whole file. */
  readonly slices: readonly number[]
  /** Whether all of them are there and have the pinned digest. */
  readonly verified: boolean
}

const NOTE_FILE = 'source.json'

/** The file that a slice is in. */
export function sliceName(index: number): string {
  return `${index}.slice`
}

/** Undefined where there is none, or none of this model's pinned file. */
export async function readNote(
  space: SliceSpace,
  { revision, sha256, bytes }: PinnedModel,
): Promise<SlicesNote | undefined> {
  const json = await space.read(NOTE_FILE)
  if (json === undefined) return undefined
  try {
    const note = JSON.parse(new TextDecoder().decode(json)) as Partial<SlicesNote> | null
    if (note?.sha256 !== sha256 || note.revision !== revision || !areLengths(note.slices, bytes))
      return undefined
    const etag = typeof note.etag === 'string' ? note.etag : null
    return { revision, sha256, etag, slices: note.slices, verified: note.verified === true }
  } catch {
    return undefined
  }
}

export async function writeNote(
  space: SliceSpace,
  { revision, sha256 }: PinnedModel,
  rest: Pick<SlicesNote, 'etag' | 'slices' | 'verified'>,
): Promise<void> {
  const note: SlicesNote = { revision, sha256, ...rest }
  await space.write(NOTE_FILE, new TextEncoder().encode(JSON.stringify(note)))
}

function areLengths(value: unknown, bytes: number): value is number[] {
  return (
    Array.isArray(value) &&
    value.every((length) => Number.isSafeInteger(length)) &&
    (value as number[]).reduce((sum, length) => sum + length, 0) === bytes
  )
}
