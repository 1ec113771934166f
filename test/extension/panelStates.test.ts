import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { FakeUser } from './support/fakeUser'
import { openText } from './support/openText'
import { panelIsOpen, panelTabs, resultsAsText, shownInspectionId } from './support/results'
import { until } from './support/until'

const SHORT = 'const port = Number(process.env.PORT)\n'
const SENTENCE = 'The language model head projects every hidden state to one score for each token.\n'
/** Takes longer than 5 seconds, so that the panel asks first. */
const LONG = SENTENCE.repeat(2000)

describe('The shown run', () => {
  const user = new FakeUser()

  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    await vscode.commands.executeCommand('workbench.action.editorLayoutSingle')
  })

  afterEach(() => {
    user.restore()
  })

  it('stays, with its title, while a long run is asked about and after it was declined', async () => {
    await inspect(SHORT)
    const results = await resultsAsText()
    await show(LONG, 'long.txt')
    const asked = vscode.commands.executeCommand('logitscope.inspectLogits')
    await panelIsOpen(/^Logits: long\.txt$/)

    await vscode.commands.executeCommand('logitscope.cancelInspection')

    await asked
    await panelIsOpen(/^Logits: text\.txt$/)
    assert.equal(await resultsAsText(), results)
  })

  it('has the results of an unbroken run after it was cancelled and continued', async () => {
    const text = SENTENCE.repeat(90)
    await selectAll(text, 'continued.txt')
    const opened = nextPanel()
    const running = vscode.commands.executeCommand('logitscope.inspectLogits')
    const panel = await opened
    // Not the tab's title: VS Code reports it later, and the run may have ended by then.
    await until(
      () => panel.title === 'Logits: continued.txt',
      () => panel.title,
    )
    await vscode.commands.executeCommand('logitscope.cancelInspection')
    await running
    assert.match(await resultsAsText(), /Cancelled after/)

    await vscode.commands.executeCommand('logitscope.continueInspection')

    const continued = await resultsAsText()
    assert.match(continued, /Done in/)
    await inspect(text)
    assert.ok(rows(continued) === rows(await resultsAsText()), 'the results differ')
  })

  it('follows the renaming of its document', async () => {
    const document = await inspect(SHORT)
    const renamed = vscode.Uri.joinPath(document.uri, '..', 'renamed.txt')

    await edit((changes) => {
      changes.renameFile(document.uri, renamed)
    })

    await panelIsOpen(/^Logits: renamed\.txt$/)
    const editor = await vscode.window.showTextDocument(renamed, { viewColumn: vscode.ViewColumn.One })
    await editor.edit((change) => change.insert(new vscode.Position(0, 0), '// renamed\n'))
    await vscode.commands.executeCommand('logitscope.runAgain')
    assert.match(await resultsAsText(), /renamed\.txt[^]*Line 2 · /)
  })

  it('follows the renaming of a folder that its document is in', async () => {
    const document = await inspect(SHORT)
    const folder = vscode.Uri.joinPath(document.uri, '..')

    await edit((changes) => {
      changes.renameFile(folder, folder.with({ path: `${folder.path}-renamed` }))
    })

    await selectToken(4)
    // An output view that an earlier test has opened is a visible text, too.
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'file')
    assert.match(editor?.document.uri.path ?? '', /-renamed\//)
    assert.equal(editor?.document.getText(editor.selection), '(')
  })

  it('selects a token in its document, which is opened outside of the panel’s group', async () => {
    await inspect(SHORT)
    await vscode.window.tabGroups.close(textTabs())

    await selectToken(2)

    // An output view that an earlier test has opened is a visible text, too.
    const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.scheme === 'file')
    assert.equal(editor?.document.getText(editor.selection), ' =')
    assert.notEqual(editor.viewColumn, panelTabs()[0]?.group.viewColumn)
  })

  it('opens nothing and says so for a token of a deleted document', async () => {
    const document = await inspect(SHORT)
    await edit((changes) => {
      changes.deleteFile(document.uri)
    })
    user.answers({})

    await selectToken(2)

    assert.match(user.messages.join(), /text\.txt was deleted/)
    assert.deepEqual(textTabs(), [])
  })

  it('is inspected again after the deletion of its document was undone', async () => {
    const document = await inspect(SHORT)
    await edit((changes) => {
      changes.deleteFile(document.uri)
    })
    await edit((changes) => {
      changes.createFile(document.uri, { contents: new TextEncoder().encode(SHORT) })
    })

    await selectToken(2)

    await until(
      () => textTabs().length === 1,
      () => `${textTabs().length} texts are open`,
    )
  })

  it('gives its tokens to the commands of the context menu', async () => {
    await inspect(SHORT)
    const token = { section: 0, position: 1, inspectionId: await shownInspectionId() }

    await vscode.commands.executeCommand('logitscope.copyToken', token)
    const copied = await vscode.env.clipboard.readText()
    await vscode.commands.executeCommand('logitscope.inspectFromHere', token)

    assert.equal(copied, ' port')
    assert.match(await resultsAsText(), /1 token before[^]*port, leading space\. Token 0 of/)
  })

  it('ignores a context of the page that is not of its tokens', async () => {
    await inspect(SHORT)
    await vscode.env.clipboard.writeText('before')

    for (const context of [undefined, 'token', { section: 0, position: 0, inspectionId: 'another' }])
      await vscode.commands.executeCommand('logitscope.copyToken', context)

    assert.equal(await vscode.env.clipboard.readText(), 'before')
  })

  /** Inspects a selection of the whole text, which is never asked about. */
  async function inspect(text: string): Promise<vscode.TextDocument> {
    const document = await selectAll(text)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    return document
  }

  async function selectAll(text: string, name = 'text.txt'): Promise<vscode.TextDocument> {
    const editor = await show(text, name)
    // Not by a command: an output view that has the focus would take it.
    editor.selection = new vscode.Selection(
      new vscode.Position(0, 0),
      editor.document.positionAt(text.length),
    )
    return editor.document
  }

  async function show(text: string, name: string): Promise<vscode.TextEditor> {
    const document = await openText(text, 'plaintext', name)
    return vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.One, preview: false })
  }

  async function selectToken(position: number): Promise<void> {
    const inspectionId = await shownInspectionId()
    await vscode.window.tabGroups.close(resultTabs())
    await vscode.commands.executeCommand('logitscope.selectInEditor', { section: 0, position, inspectionId })
  }
})

/** The panel that is opened next. */
function nextPanel(): Promise<vscode.WebviewPanel> {
  const { createWebviewPanel } = vscode.window
  return new Promise((resolve) => {
    const open = (...options: Parameters<typeof createWebviewPanel>) => {
      Object.assign(vscode.window, { createWebviewPanel })
      const panel = createWebviewPanel(...options)
      resolve(panel)
      return panel
    }
    Object.assign(vscode.window, { createWebviewPanel: open })
  })
}

async function edit(change: (changes: vscode.WorkspaceEdit) => void): Promise<void> {
  const changes = new vscode.WorkspaceEdit()
  change(changes)
  assert.ok(await vscode.workspace.applyEdit(changes))
}

/** The part of the results that does not depend on the time and the document's name. */
function rows(results: string): string {
  return results.slice(results.indexOf('Line'))
}

function textTabs(): vscode.Tab[] {
  return tabsOf('file')
}

function resultTabs(): vscode.Tab[] {
  return tabsOf('logitscope-results')
}

function tabsOf(scheme: string): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.scheme === scheme)
}
