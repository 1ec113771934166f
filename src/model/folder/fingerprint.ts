import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import { pinnedFingerprint } from '../registry'

/** The files that decide a model's numbers. */
const MODEL_FILES = /\.safetensors(\.index\.json)?$|^config\.json$/

/**
 * Identifies a model's files: the SHA-256 of the weights where it was noted at install, else a hash of the folder's
 * path and of the name, size and modification time of each file. Reads no weights.
 * @throws Node's own errors if the folder cannot be read
 */
export async function fingerprintOf({
  folder,
  digest,
}: Pick<ModelLocation, 'folder' | 'digest'>): Promise<string> {
  if (digest !== undefined) return pinnedFingerprint(digest)
  const names = (await readdir(folder)).filter((name) => MODEL_FILES.test(name)).sort()
  const files = await Promise.all(
    names.map(async (name) => {
      // The model may not use a file whose link is broken.
      const file = await stat(join(folder, name)).catch(() => undefined)
      return file === undefined ? `${name} missing` : `${name} ${file.size} ${file.mtimeMs}`
    }),
  )
  const hash = createHash('sha256').update([resolve(folder), ...files].join('\n'))
  return `files ${hash.digest('hex')}`
}
