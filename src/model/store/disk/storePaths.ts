import { join } from 'node:path'

/** Where a model's files are in the store. All folders except `installed` are hidden and temporary. */
export interface StorePaths {
  /** The model, complete and verified; missing if it is not installed. */
  readonly installed: string
  /** The previously installed model, while another one replaces it. */
  readonly previous: string
  /** An unfinished download. */
  readonly download: string
  /** An unfinished copy of a file from elsewhere. */
  readonly imported: string
  /** A model that is being deleted. */
  readonly deleted: string
  readonly lock: string
}

/** @param folder the store's folder */
export function storePaths(folder: string, id: string): StorePaths {
  const hidden = (suffix: string) => join(folder, `.${id}.${suffix}`)
  return {
    installed: join(folder, id),
    previous: hidden('previous'),
    download: hidden('download'),
    imported: hidden('import'),
    deleted: hidden('deleted'),
    lock: hidden('lock'),
  }
}
