import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'

const CODE = `import { readFile } from 'node:fs/promises'

/** Reads a JSON file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
`
/** Of a line of code that is as long as the model likes. */
const WHOLE_LINE = { minProbability: 0 }
const STORM_EDITS = 200
const MAX_TRIGGERS = 10

/** Far above what a cancelled request may leave behind, far below 200 of them that pile up. */
const STORM_MEMORY_BYTES = 150 * 1024 * 1024

describe('Inline completion', () => {
  before(() => extension.activate())

  afterEach(async () => {
    await configure({
      automatic: undefined,
      minProbability: undefined,
      lines: undefined,
      temperature: undefined,
    })
    await closeEditors()
  })

  it('goes on with a half-typed word', async () => {
    const document = await openAtEnd(`${CODE}  }\n}\n\nexport async func`)

    await complete()

    assert.match(added(document, 'async func'), /^tion/)
  })

  it('goes on behind a trailing space without another one', async () => {
    const document = await openAtEnd(`${CODE}  }\n}\n\nexport async `)

    await complete()

    assert.match(added(document, 'export async '), /^function/)
  })

  it('writes the line ends of the document', async () => {
    await configure({ ...WHOLE_LINE, lines: 3 })
    const withLf = await openAtEnd(CODE)
    await complete()
    const expected = withLf.getText()
    const withCrLf = await openAtEnd(CODE.replaceAll('\n', '\r\n'))

    await complete()

    assert.match(expected.slice(CODE.length), /\n/)
    assert.equal(withCrLf.getText(), expected.replaceAll('\n', '\r\n'))
  })

  it('is the same whether it is accepted as a whole or word by word', async () => {
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

  it('goes on being shown while one types what it says', async () => {
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

  it('has other candidates to go through', async () => {
    const first = await openAtEnd(`${CODE}    throw new Error(`)
    await complete()
    const second = await openAtEnd(`${CODE}    throw new Error(`)
    await trigger()

    await vscode.commands.executeCommand('editor.action.inlineSuggest.showNext')
    await accept()

    assert.notEqual(second.getText(), `${CODE}    throw new Error(`)
    assert.notEqual(second.getText(), first.getText())
  })

  it('takes over the bracket that VS Code has closed already', async () => {
    await configure(WHOLE_LINE)
    const text = `${CODE}    throw new Error(`
    const alone = await lineAfter(text)
    const document = await openAround(text, ')')

    await complete()

    assert.match(alone, /\)/)
    assert.equal(document.getText(), alone)
  })

  it('is not offered before the rest of a word', async () => {
    const document = await openAround(`${CODE}    th`, 'row')

    await trigger()
    await accept()

    assert.equal(document.getText(), `${CODE}    throw`)
  })

  it('is the same for the same seed at any temperature', async () => {
    await configure({ ...WHOLE_LINE, temperature: 1 })
    const first = await lineAfter(CODE)

    assert.equal(await lineAfter(CODE), first)
  })

  it('waits to be asked for', async () => {
    const document = await openAtEnd(`${CODE}    thr`)

    await vscode.commands.executeCommand('type', { text: 'o' })
    await triggerAsTypingDoes()
    await accept()

    assert.equal(document.getText(), `${CODE}    thro`)
  })

  it('comes by itself where it is automatic', async () => {
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletion')
    const document = await openAtEnd(`${CODE}    thr`)

    await vscode.commands.executeCommand('type', { text: 'o' })
    await triggerAsTypingDoes()
    await accept()

    assert.match(added(document, '    thro'), /^w/)
  })

  it('can be automatic in one language only', async () => {
    const typescript = await openAtEnd(`${CODE}    thro`)
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletionForLanguage')
    const python = await openAtEnd(`${CODE}    thro`, 'python')

    await triggerAsTypingDoes()
    await accept()
    await vscode.window.showTextDocument(typescript)
    await triggerAsTypingDoes()
    await accept()

    assert.equal(python.getText(), `${CODE}    thro`)
    assert.match(added(typescript, '    thro'), /^w/)
    await vscode.commands.executeCommand('logitscope.toggleAutomaticCompletionForLanguage')
  })

  it('has the last answer, and no more memory, after 200 edits that each ask for one', async () => {
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

  it('shows how each candidate was drawn, from the typed bytes on', async () => {
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

/** With the cursor between the two. */
async function openAround(
  before: string,
  after: string,
  language = 'typescript',
): Promise<vscode.TextDocument> {
  const document = await openText(before + after, language)
  const editor = await vscode.window.showTextDocument(document, vscode.ViewColumn.One)
  const cursor = document.positionAt(before.length)
  editor.selection = new vscode.Selection(cursor, cursor)
  return document
}

/** Without a question about what was not saved. */
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

/** The workbench may give the focus to a new editor after it has shown it; a trigger before that reaches none. */
async function complete(): Promise<void> {
  const document = vscode.window.activeTextEditor?.document
  const version = document?.version
  for (let i = 0; i < MAX_TRIGGERS && document?.version === version; i++) {
    await trigger()
    await accept()
  }
  assert.notEqual(document?.version, version, 'nothing was completed')
}

/** The text with the first candidate behind it. */
async function lineAfter(text: string): Promise<string> {
  const document = await openAtEnd(text)
  await complete()
  assert.notEqual(document.getText(), text)
  return document.getText()
}

function added(document: vscode.TextDocument, before: string): string {
  const text = document.getText()
  return text.slice(text.lastIndexOf(before) + before.length)
}

/** Each edit asks for a completion, and none waits for it. */
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

async function resultsAsText(): Promise<string> {
  await vscode.commands.executeCommand('logitscope.openResultsAsText')
  return vscode.window.activeTextEditor?.document.getText() ?? ''
}

function withoutTime(results: string): string {
  return results.replace(/^Done in .*$/m, '')
}
