/** Files that are read and written whole, as VS Code has them on the web. Names have `/` between folder and file. */
export interface WholeFiles {
  /** Undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>
  /** The names of a folder's files; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>
  /** Makes the folder where it is missing; rejects where the browser takes no more. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** Deletes a folder with everything in it, where there is one. */
  delete(folder: string): Promise<void>
}
