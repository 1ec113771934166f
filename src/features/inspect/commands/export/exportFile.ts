import * as vscode from 'vscode'
import { withLateProgress } from '../../../../editor/ui/lateProgress'
import type { Piece } from '../../../../prediction/report/pieces'
import { delay } from '../../../../shared/delay'
import { formatCount, formatCounted } from '../../../../shared/text/format'
import type { writeOnDisk } from './writeOnDisk'

export interface ExportFileOptions {
  readonly uri: vscode.Uri
  readonly pieces: Iterable<Piece>
  /** Number of tokens in all pieces, for the progress. */
  readonly tokens: number
  readonly signal: AbortSignal
  /** Undefined in a browser. */
  readonly writeOnDisk: typeof writeOnDisk | undefined
}

/**
 * Writes an export piece by piece, so that the extension host answers meanwhile. Shows the progress if it takes long.
 * @returns whether the file was written; false after a cancel, which leaves the file as it was
 * @throws the file system's error
 */
export async function exportFile({
  uri,
  pieces,
  tokens,
  signal,
  ...options
}: ExportFileOptions): Promise<boolean> {
  const title = `Exporting to ${vscode.workspace.asRelativePath(uri)}…`
  return withLateProgress(title, signal, async (running, report) => {
    const texts = textsOf(pieces, (records) => {
      report(`${formatCount(Math.min(records, tokens))} of ${formatCounted(tokens, 'token')}`)
    })
    try {
      if (uri.scheme === 'file' && options.writeOnDisk !== undefined)
        await options.writeOnDisk(uri.fsPath, texts, running)
      else await writeWhole(uri, texts, running)
      return true
    } catch (error) {
      if (running.aborted) return false
      throw error
    }
  })
}

function* textsOf(pieces: Iterable<Piece>, onRecords: (records: number) => void): Generator<string> {
  for (const { text, records } of pieces) {
    yield text
    onRecords(records)
  }
}

/** VS Code's file systems write only whole files. Blobs encode and join the pieces outside of this thread. */
async function writeWhole(uri: vscode.Uri, texts: Iterable<string>, signal: AbortSignal): Promise<void> {
  const parts: Blob[] = []
  for (const text of texts) {
    parts.push(new Blob([text]))
    await delay(0, signal)
  }
  await vscode.workspace.fs.writeFile(uri, new Uint8Array(await new Blob(parts).arrayBuffer()))
}
