import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'

/** The first part of the names of all files that are derived from the model in a folder. */
export function locationName({ id, folder }: Pick<ModelLocation, 'id' | 'folder'>): string {
  return `${id.replaceAll(/[^\w.-]/g, '_')}-${shortHash(resolve(folder))}`
}

/** 16 hexadecimal digits. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
