import * as assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import {
  confirm,
  showError,
  showInformation,
  showProgress,
  showWarning,
} from '../../src/editor/ui/notifications'
import { openText } from './support/openText'

/** A file's name that VS Code would show as a link which runs a command. */
const NAME = '[View](command:workbench.action.quit).csv'
const PLAIN_NAME = '[View] (command:workbench.action.quit).csv'

const { showInformationMessage, showWarningMessage, showErrorMessage, showSaveDialog, withProgress } =
  vscode.window

describe('A notification', () => {
  let shown: string[]

  beforeEach(() => {
    shown = []
    const show = (message: string, ...rest: unknown[]) => {
      const details = rest.map((part) => (part as vscode.MessageOptions).detail).filter(Boolean)
      shown.push([message, ...details].join('\n'))
      return Promise.resolve(rest.at(-1))
    }
    Object.assign(vscode.window, {
      showInformationMessage: show,
      showWarningMessage: show,
      showErrorMessage: show,
      withProgress: (
        { title }: vscode.ProgressOptions,
        work: (progress: vscode.Progress<{ message: string }>, token: vscode.CancellationToken) => unknown,
      ) => {
        shown.push(title ?? '')
        const report = ({ message }: { message: string }) => shown.push(message)
        return Promise.resolve(work({ report }, new vscode.CancellationTokenSource().token))
      },
    })
  })

  afterEach(() => {
    Object.assign(vscode.window, {
      showInformationMessage,
      showWarningMessage,
      showErrorMessage,
      showSaveDialog,
      withProgress,
    })
  })

  for (const show of [showInformation, showWarning, showError]) {
    it(`of ${show.name} has no link, and resolves with the button`, async () => {
      const button = await show(`${NAME} is missing.`, 'Open')

      assert.deepEqual([shown, button], [[`${PLAIN_NAME} is missing.`], 'Open'])
    })
  }

  it('of progress has no link in its title and steps', async () => {
    await showProgress(`Reading ${NAME}`, (report) => {
      report({ message: `half of ${NAME}` })
      return Promise.resolve()
    })

    assert.deepEqual(shown, [`Reading ${PLAIN_NAME}`, `half of ${PLAIN_NAME}`])
  })

  it('that asks keeps each line of its detail on one line', async () => {
    const agreed = await confirm({ message: NAME, detail: ['To a\nb', '', '  {}'], button: 'Save' })

    assert.deepEqual([shown, agreed], [[`${PLAIN_NAME}\nTo a b\n\n  {}`], true])
  })

  it('about an exported file shows the file’s name as text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'logitscope-'))
    const uri = vscode.Uri.file(join(folder, NAME))
    Object.assign(vscode.window, { showSaveDialog: () => Promise.resolve(uri) })
    await vscode.window.showTextDocument(await openText('A few words.'))
    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await vscode.commands.executeCommand('logitscope.export', { format: 'csv' })

    await rm(folder, { recursive: true })
    assert.deepEqual(shown, [`Exported to ${join(folder, PLAIN_NAME)}.`])
  })
})
