import { join } from 'node:path'

/** Where what belongs to a model lies in the store; all but `installed` is hidden, and on its way to or from there. */
export interface StorePaths {
  /** The model, whole and verified, or nothing. */
  readonly installed: string
  /** The model that was there before, while another takes its place. */
  readonly previous: string
  /** A download, as far as it has come. */
  readonly download: string
  /** A copy of a file from elsewhere, as far as it has come. */
  readonly imported: string
  /** What is being deleted. */
  readonly deleted: string
  readonly lock: string
}

export function storePaths(folder: string, id: string): StorePaths {
  const hidden = (what: string) => join(folder, `.${id}.${what}`)
  return {
    installed: join(folder, id),
    previous: hidden('previous'),
    download: hidden('download'),
    imported: hidden('import'),
    deleted: hidden('deleted'),
    lock: hidden('lock'),
  }
}
