/** Files that are read and written as a whole, as in VS Code's file API on the web. Names are `folder/file`. */
export interface WholeFiles {
  /** Undefined if the file does not exist. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Names of the files in a folder; empty if the folder does not exist. */
  list(folder: string): Promise<readonly string[]>
  /** Creates the folder if it does not exist; rejects if the browser's quota is exhausted. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Deletes a folder and everything in it, if it exists. */
  delete(folder: string): Promise<void>
}
