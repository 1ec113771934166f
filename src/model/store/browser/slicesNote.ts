import type { PinnedModel } from '../../registry'
import { readNote, type SourceNote } from '../sourceNote'
import type { SliceSpace } from './sliceSpace'

/** A note with the lengths of the slices, which every note in a browser has. */
export type SlicesNote = SourceNote & Required<Pick<SourceNote, 'slices'>>

/** Name of the file that contains a slice. */
export function sliceName(index: number): string {
  return `${index}.slice`
}

/** Undefined if the note is missing, damaged, or about another file than the model's pinned one. */
export async function readSlicesNote(space: SliceSpace, model: PinnedModel): Promise<SlicesNote | undefined> {
  const note = await readNote(space, model)
  return note?.slices === undefined ? undefined : { ...note, slices: note.slices }
}
