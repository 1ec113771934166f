import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { COMPLETIONS, UNFINISHED_CODE as CODE } from '../support/reference/miniExpectations'
import { extension } from './support/extensionUnderTest'
import { FakeUser } from './support/fakeUser'
import { openText } from './support/openText'
import { resultsAsText } from './support/results'
import { until } from './support/until'

/** Lets a completion continue to the end of the line, however unlikely it is. */
const WHOLE_LINE = { minProbability: 0 }
const STORM_EDITS = 200

/** Far more than cancelled requests may keep, far less than 200 requests need. */
const STORM_MEMORY_BYTES = 150 * 1024 * 1024

describe('Inline completion', () => {
  before(() => extension.activate())

  afterEach(async () => {
    await configure({
      automatic: undefined,
      minProbability: undefined,
      lines: undefined,
      sampling: undefined,
    })
    await closeEditors()
  })

  it('completes a partly typed word', async () => {
    const { text, completion } = COMPLETIONS.halfTypedWord
    const document = await openAtEnd(text)

    await complete()

    assertAdded(document, text, completion)
  })

  it('adds no second space after a trailing space', async () => {
    const { text, completion } = COMPLETIONS.afterSpace
    const document = await openAtEnd(text)

    await complete()

    assertAdded(document, text, completion)
  })

  it('uses the line ends of the document', async () => {
    await configure({ ...WHOLE_LINE, lines: 3 })
    const withLf = await openAtEnd(CODE)
    await complete()
    const expected = withLf.getText()
    const withCrLf = await openAtEnd(CODE.replaceAll('\n', '\r\n'))

    await complete()

    assert.match(expected.slice(CODE.length), /\n/)
    assert.equal(withCrLf.getText(), expected.replaceAll('\n', '\r\n'))
  })

  it('gives the same text accepted as a whole or word by word', async () => {
    await configure(WHOLE_LINE)
    const whole = await lineAfter(CODE)
    const document = await openAtEnd(CODE)
    await trigger()

    await vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextWord')
    await vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextWord')
    await triggerAsTypingDoes()
    await accept()

    assert.equal(document.getText(), whole)
  })

  it('stays while the user types the suggested text', async () => {
    await configure(WHOLE_LINE)
    const whole = await lineAfter(CODE)
    const document = await openAtEnd(CODE)
    await trigger()
    const [first, second] = whole.slice(CODE.length).trimStart()
    const indent = /^\s*/.exec(whole.slice(CODE.length))?.[0] ?? ''

    for (const text of [indent, first, second])
      if (text !== '') await vscode.commands.executeCommand('type', { text })
    await triggerAsTypingDoes()
    await accept()

    assert.equal(document.getText(), whole)
  })

  it('has several candidates', async () => {
    const first = await openAtEnd(`${CODE}    throw new Error(`)
    await complete()
    const second = await openAtEnd(`${CODE}    throw new Error(`)
    await trigger()

    await vscode.commands.executeCommand('editor.action.inlineSuggest.showNext')
    await accept()

    assert.notEqual(second.getText(), `${CODE}    throw new Error(`)
    assert.notEqual(second.getText(), first.getText())
  })

  it('replaces the closing bracket that VS Code has added', async () => {
    await configure(WHOLE_LINE)
    const text = `${CODE}    throw new Error(`
    const alone = await lineAfter(text)
    const document = await openAround(text, ')')

    await complete()

    assert.match(alone, /\)/)
    assert.equal(document.getText(), alone)
  })

  it('is not offered inside a word', async () => {
    const document = await openAround(`${CODE}    th`, 'row')

    await trigger()
    await accept()

    assert.equal(document.getText(), `${CODE}    throw`)
  })

  it('is the same for the same seed at any temperature', async () => {
    await configure({ ...WHOLE_LINE, sampling: { temperature: 1 } })
    const first = await lineAfter(CODE)

    assert.equal(await lineAfter(CODE), first)
  })

  it('appears only on request by default', async () => {
    const document = await openAtEnd(`${CODE}    thr`)

    await vscode.commands.executeCommand('type', { text: 'o' })
    await triggerAsTypingDoes()
    await accept()

    assert.equal(document.getText(), `${CODE}    thro`)
  })

  it('appears while typing if it is automatic', async () => {
    const { text, completion } = COMPLETIONS.keyword
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion', { scope: 'all' })
    const document = await openAtEnd(text.slice(0, -1))

    await vscode.commands.executeCommand('type', { text: text.slice(-1) })
    await triggerAsTypingDoes()
    await accept()

    assertAdded(document, text, completion)
  })

  it('can be automatic in one language only', async () => {
    const { text, completion } = COMPLETIONS.keyword
    const typescript = await openAtEnd(text)
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion', { scope: 'language' })
    const python = await openAtEnd(text, 'python')

    await triggerAsTypingDoes()
    await accept()
    await vscode.window.showTextDocument(typescript)
    await triggerAsTypingDoes()
    await accept()

    assert.equal(python.getText(), text)
    assertAdded(typescript, text, completion)
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion', { scope: 'language' })
  })

  it('is toggled in the scope that the user chooses', async () => {
    const user = new FakeUser()
    await openAtEnd(CODE)
    user.answers({ entries: ['Only typescript'] })

    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion')

    user.restore()
    const completion = vscode.workspace.getConfiguration('logitscope.completion', {
      languageId: 'typescript',
    })
    const { globalValue, globalLanguageValue } = completion.inspect('automatic') ?? {}
    await completion.update('automatic', undefined, vscode.ConfigurationTarget.Global, true)
    assert.deepEqual([globalValue, globalLanguageValue], [undefined, true])
    assert.deepEqual(
      user.listed.map(({ label, description }) => `${label}: ${description}`),
      ['All Languages: off', 'Only typescript: off'],
    )
  })

  it('is not toggled in a scope that does not exist', async () => {
    await assert.rejects(
      async () => vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion', { scope: 'file' }),
      /The argument scope must be "all" or "language"\./,
    )
  })

  it('has the last answer, and uses no more memory, after 200 edits with a request each', async () => {
    await configure({ automatic: true })
    const document = await openAtEnd(CODE)
    await triggerAsTypingDoes()
    const memoryBefore = process.memoryUsage().rss
    await typeQuickly(document, STORM_EDITS)
    const typed = document.getText()

    await complete()

    const growth = process.memoryUsage().rss - memoryBefore
    assert.equal(document.getText(), await lineAfter(typed))
    assert.ok(growth < STORM_MEMORY_BYTES, `${growth} bytes more`)
  })
})

describe('Show Last Completion', () => {
  before(() => extension.activate())

  it('shows how each candidate was chosen, starting at the typed bytes', async () => {
    await openAtEnd(`${CODE}    throw new Err`)
    await complete()

    await vscode.commands.executeCommand('logitscope.showLastCompletion')

    const results = await resultsAsText()
    assert.match(results, /^Completion · greedy$/m)
    assert.match(results, /^Candidate 1 · \d+ % · mini/m)
    assert.match(results, /Error, leading space\. Token 0 of \d+\. Covers what was typed\./)
  })

  it('can be run again', async () => {
    await openAtEnd(`${CODE}    throw new Err`)
    await complete()
    await vscode.commands.executeCommand('logitscope.showLastCompletion')
    const before = await resultsAsText()

    await vscode.commands.executeCommand('logitscope.runAgain')

    assert.equal(withoutTime(await resultsAsText()), withoutTime(before))
  })
})

async function openAtEnd(content: string, language?: string): Promise<vscode.TextDocument> {
  return openAround(content, '', language)
}

/** Opens a document of both texts, with the cursor between them. */
async function openAround(
  before: string,
  after: string,
  language = 'typescript',
): Promise<vscode.TextDocument> {
  const document = await openText(before + after, language)
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One)
  const cursor = document.positionAt(before.length)
  editor.selection = new vscode.Selection(cursor, cursor)
  // A new editor may get the focus later than it is shown, and a trigger before that has no effect.
  await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup')
  return document
}

/** Closes all editors without a question about unsaved changes. */
async function closeEditors(): Promise<void> {
  while (vscode.window.activeTextEditor !== undefined)
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor')
}

async function trigger(): Promise<void> {
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger')
}

/** Resolves when the request that VS Code makes after a keystroke has been answered. */
async function triggerAsTypingDoes(): Promise<void> {
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger', { explicit: false })
}

async function accept(): Promise<void> {
  await vscode.commands.executeCommand('editor.action.inlineSuggest.commit')
}

/** Triggers until a completion was accepted. */
async function complete(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document
  const version = document?.version
  const isCompleted = async () => {
    await trigger()
    await accept()
    return document?.version !== version
  }
  await until(isCompleted, () => 'nothing was completed')
}

/** The text with the first candidate appended. */
async function lineAfter(text: string): Promise<string> {
  const document = await openAtEnd(text)
  await complete()
  assert.notEqual(document.getText(), text)
  return document.getText()
}

function assertAdded(document: vscode.TextDocument, before: string, completion: string): void {
  assert.ok(document.getText().startsWith(before + completion), document.getText())
}

/** Requests a completion after each edit without waiting for it. */
async function typeQuickly(document: vscode.TextDocument, edits: number): Promise<void> {
  const triggers: Thenable<void>[] = []
  for (let i = 0; i < edits; i++) {
    const edit = new vscode.WorkspaceEdit()
    const end = document.lineAt(document.lineCount - 1).range.end
    edit.insert(document.uri, end, i % 20 === 19 ? '\n    thro' : 'x')
    await vscode.workspace.applyEdit(edit)
    triggers.push(triggerAsTypingDoes())
  }
  await Promise.all(triggers)
}

async function configure(settings: Record<string, unknown>): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('logitscope.completion')
  for (const [key, value] of Object.entries(settings))
    await configuration.update(key, value, vscode.ConfigurationTarget.Global)
}

function withoutTime(results: string): string {
  return results.replace(/^Done in .*$/m, '')
}
