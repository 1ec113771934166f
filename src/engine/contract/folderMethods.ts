import type { FolderReport } from '../../model/folder/checkFolder'

/** The methods of the engine's thread on a machine in addition to `EngineMethods`. */
export interface FolderMethods {
  /** Checks the folder of the thread's model; loads nothing. */
  checkFolder: { request: undefined; progress: never; result: FolderReport }
}
