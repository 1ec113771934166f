import * as assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { exportFile } from '../../src/features/inspect/commands/export/exportFile'
import { writeOnDisk } from '../../src/features/inspect/commands/export/writeOnDisk'
import type { InspectionReport } from '../../src/prediction/report/report'
import { FakeUser } from './support/fakeUser'
import { openText } from './support/openText'

const { showSaveDialog } = vscode.window
const PIECES = [
  { text: 'a', records: 1 },
  { text: 'é', records: 2 },
]

describe('An export', () => {
  let folder: string
  let uri: vscode.Uri
  const user = new FakeUser()

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-'))
    uri = vscode.Uri.file(join(folder, 'results.json'))
    Object.assign(vscode.window, {
      showSaveDialog: () => Promise.resolve(uri),
    })
    user.answers({})
  })

  afterEach(async () => {
    Object.assign(vscode.window, { showSaveDialog })
    user.restore()
    await rm(folder, { recursive: true })
  })

  it('of JSON has a report for each selection', async () => {
    const editor = await vscode.window.showTextDocument(await openText('first line\nsecond line\n'))
    editor.selections = [new vscode.Selection(0, 0, 0, 5), new vscode.Selection(1, 0, 1, 6)]
    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await vscode.commands.executeCommand('logitscope.export', { format: 'json' })

    const reports = JSON.parse(await readFile(uri.fsPath, 'utf8')) as InspectionReport[]
    assert.deepEqual(
      reports.map(({ positions }) => positions.map(({ text }) => text).join('')),
      ['first', 'second'],
    )
  })

  it('has the format that the user chooses', async () => {
    await inspectText('one two')
    user.answers({ entries: ['CSV'] })

    await vscode.commands.executeCommand('logitscope.export')

    assert.match(await readFile(uri.fsPath, 'utf8'), /^model,precision,backend,/)
    assert.deepEqual(
      user.listed.map(({ label }) => label),
      ['JSON', 'CSV'],
    )
  })

  it('writes nothing if the user chooses no format', async () => {
    await inspectText('one two')
    user.answers({})

    await vscode.commands.executeCommand('logitscope.export')

    assert.deepEqual(await readdir(folder), [])
  })

  it('asks for the format if a menu passes another argument', async () => {
    await inspectText('one two')
    user.answers({ entries: ['CSV'] })

    await vscode.commands.executeCommand('logitscope.export', uri, { groupId: 1 })

    assert.match(await readFile(uri.fsPath, 'utf8'), /^model,precision,backend,/)
  })

  for (const format of ['xml', 'tokenIds', 'toString', '', 1, null, ['csv']]) {
    it(`is refused in the format ${JSON.stringify(format)}`, async () => {
      await inspectText('one two')

      await assert.rejects(
        async () => vscode.commands.executeCommand('logitscope.export', { format }),
        /The argument format must be "json" or "csv"\./,
      )
    })
  }

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

describe('Copy', () => {
  const user = new FakeUser()

  afterEach(() => {
    user.restore()
  })

  it('has the table and the token ids, each also by its name', async () => {
    await inspectText('one two')
    const copied: string[] = []
    const copy = async (...args: readonly unknown[]) => {
      await vscode.commands.executeCommand('logitscope.copy', ...args)
      copied.push(await vscode.env.clipboard.readText())
    }

    user.answers({ entries: ['Table', 'Token Ids'] })
    await copy()
    await copy()
    await copy({ format: 'table' })
    await copy({ format: 'tokenIds' })

    const [table, tokenIds] = copied
    assert.match(table ?? '', /\tone\t/)
    assert.match(tokenIds ?? '', /^\[505, 734\]$/m)
    assert.deepEqual(copied.slice(2), [table, tokenIds])
  })

  it('is refused in a format of Export', async () => {
    await inspectText('one two')

    await assert.rejects(
      async () => vscode.commands.executeCommand('logitscope.copy', { format: 'csv' }),
      /The argument format must be "table" or "tokenIds"\./,
    )
  })
})

async function inspectText(text: string): Promise<void> {
  await vscode.window.showTextDocument(await openText(text))
  await vscode.commands.executeCommand('logitscope.inspectLogits')
}
