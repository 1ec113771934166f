import { readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WEIGHTS_FILE } from '../../formats/modelFiles'
import type { PinnedModel } from '../../registry'
import { type NoteStorage, readNote } from '../sourceNote'
import { writeDurably } from './durableFiles'

/** Notes in a folder. A note is replaced by a rename, so it is complete at every moment: the old one or the new one. */
export function diskNotes(folder: string): NoteStorage {
  return {
    read: (name) => readFile(join(folder, name)).catch(() => undefined),
    write: async (name, bytes) => {
      const path = join(folder, name)
      await writeDurably(`${path}.new`, bytes)
      await rename(`${path}.new`, path)
    },
  }
}

/** The size of the model's weights in a folder, in bytes; 0 if they are not the pinned file or a part of it. */
export async function storedBytes(folder: string, model: PinnedModel): Promise<number> {
  if ((await readNote(diskNotes(folder), model)) === undefined) return 0
  return stat(join(folder, WEIGHTS_FILE)).then(
    ({ size }) => size,
    () => 0,
  )
}
