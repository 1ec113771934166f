import * as vscode from 'vscode'
import type { WholeFiles } from '../model/store/browser/wholeFiles'

/** A folder as VS Code's own file systems have it, whatever they keep it in. */
export function workspaceFiles(folder: vscode.Uri): WholeFiles {
  const { fs } = vscode.workspace
  const uriOf = (name: string) => vscode.Uri.joinPath(folder, name)
  return {
    read: (name) => orWhereMissing(undefined, fs.readFile(uriOf(name))),
    list: async (name) =>
      (await orWhereMissing([], fs.readDirectory(uriOf(name)))).map(([fileName]) => fileName),
    write: async (name, bytes) => {
      await fs.writeFile(uriOf(name), bytes)
    },
    delete: (name) => orWhereMissing(undefined, fs.delete(uriOf(name), { recursive: true })),
  }
}

async function orWhereMissing<T, M>(missing: M, reading: Thenable<T>): Promise<T | M> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return missing
    throw error
  }
}
