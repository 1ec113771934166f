import type { FolderReport } from '../../model/folder/checkFolder'

/** What the engine's thread on a machine answers in addition to `EngineMethods`. */
export interface FolderMethods {
  /** Checks the folder of the thread's model; loads nothing. */
  checkFolder: { request: undefined; progress: never; result: FolderReport }
}
