import * as vscode from 'vscode'
import type { WholeFiles } from '../model/store/browser/wholeFiles'

/** A folder of any of VS Code's file systems. */
export function workspaceFiles(folder: vscode.Uri): WholeFiles {
  const { fs } = vscode.workspace
  const uriOf = (name: string) => vscode.Uri.joinPath(folder, name)
  return {
    read: (name) => orIfMissing(undefined, fs.readFile(uriOf(name))),
    list: async (name) =>
      (await orIfMissing([], fs.readDirectory(uriOf(name)))).map(([fileName]) => fileName),
    write: async (name, bytes) => {
      await fs.writeFile(uriOf(name), bytes)
    },
    delete: (name) => orIfMissing(undefined, fs.delete(uriOf(name), { recursive: true })),
  }
}

/** Resolves with `missing` if the file or folder of the operation does not exist. */
async function orIfMissing<T, M>(missing: M, operation: Thenable<T>): Promise<T | M> {
  try {
    return await operation
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return missing
    throw error
  }
}
