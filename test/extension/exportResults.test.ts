import * as assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { exportFile } from '../../src/features/inspect/commands/export/exportFile'
import { writeOnDisk } from '../../src/features/inspect/commands/export/writeOnDisk'
import type { InspectionReport } from '../../src/prediction/report/report'
import { openText } from './support/openText'

const { showSaveDialog, showInformationMessage } = vscode.window
const PIECES = [
  { text: 'a', records: 1 },
  { text: 'é', records: 2 },
]

describe('An export', () => {
  let folder: string
  let uri: vscode.Uri

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-'))
    uri = vscode.Uri.file(join(folder, 'results.json'))
    Object.assign(vscode.window, {
      showSaveDialog: () => Promise.resolve(uri),
      showInformationMessage: () => Promise.resolve(undefined),
    })
  })

  afterEach(async () => {
    Object.assign(vscode.window, { showSaveDialog, showInformationMessage })
    await rm(folder, { recursive: true })
  })

  it('of JSON has a report for each selection', async () => {
    const editor = await vscode.window.showTextDocument(await openText('first line\nsecond line\n'))
    editor.selections = [new vscode.Selection(0, 0, 0, 5), new vscode.Selection(1, 0, 1, 6)]
    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await vscode.commands.executeCommand('logitscope.exportJson')

    const reports = JSON.parse(await readFile(uri.fsPath, 'utf8')) as InspectionReport[]
    assert.deepEqual(
      reports.map(({ positions }) => positions.map(({ text }) => text).join('')),
      ['first', 'second'],
    )
  })

  for (const [place, write] of [
    ['the disk', writeOnDisk],
    ['another file system', undefined],
  ] as const) {
    it(`to ${place} has all pieces`, async () => {
      const { signal } = new AbortController()

      const isWritten = await exportFile({ uri, pieces: PIECES, tokens: 2, signal, writeOnDisk: write })

      assert.deepEqual([isWritten, await readFile(uri.fsPath, 'utf8')], [true, 'aé'])
    })

    it(`to ${place} leaves no file when it is cancelled`, async () => {
      const cancelled = new AbortController()
      const pieces = (function* () {
        yield* PIECES
        cancelled.abort()
        yield* PIECES
      })()

      const isWritten = await exportFile({
        uri,
        pieces,
        tokens: 4,
        signal: cancelled.signal,
        writeOnDisk: write,
      })

      assert.deepEqual([isWritten, await readdir(folder)], [false, []])
    })
  }
})
