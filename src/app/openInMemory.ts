import * as vscode from 'vscode'
import { ArrayFileError } from '../files/source/errors'
import { type FileSource, fileInMemory } from '../files/source/fileSource'
import { formatBytes } from '../shared/text/format'
import { quoted } from '../shared/text/quoted'

/** VS Code's file systems read only whole files: 1,024 rows of float32 are 206 MB, of float64 twice as much. */
const MAX_BYTES = 512e6

/**
 * Reads a file of any of VS Code's file systems into memory.
 * @throws ArrayFileError if it is too large, and the file system's error
 */
export async function openInMemory(uri: vscode.Uri): Promise<FileSource> {
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1)
  const { size } = await vscode.workspace.fs.stat(uri)
  if (size > MAX_BYTES) {
    throw new ArrayFileError(
      `${quoted(name)} has ${formatBytes(size)}; at most ${formatBytes(MAX_BYTES)} are read from this file system. Save fewer rows.`,
    )
  }
  return fileInMemory(name, await vscode.workspace.fs.readFile(uri))
}
