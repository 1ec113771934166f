import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { FakeUser } from './support/fakeUser'
import { openText } from './support/openText'
import { panelIsOpen, resultsAsText } from './support/results'
import { until } from './support/until'

const TEXT = 'The cat sat on the mat.\nThe cat slept on the mat.\n'

describe('Compare', () => {
  const user = new FakeUser()

  beforeEach(() => {
    user.messages.length = 0
    user.answers({})
  })

  afterEach(async () => {
    user.restore()
    await vscode.commands.executeCommand('logitscope.endComparison')
    await vscode.commands.executeCommand('workbench.action.files.revert')
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('inspects the editor, then compares with the other precision that is chosen', async () => {
    await show(TEXT)

    await choose('mini int8')

    const results = await resultsAsText()
    assert.match(results, /^Compared: mini \(shown\) with mini int8 \(baseline\)\. Done\.$/m)
    assert.match(results, /^shown: mini · .*fp32.*\nbaseline: mini int8 · .*int8/m)
  })

  it('offers the baseline that was chosen last first', async () => {
    await show(TEXT)
    await choose('Without the Text Before', { selected: '\nThe cat slept' })
    await choose(undefined)

    assert.deepEqual(
      user.listed.slice(0, 2).map(({ label }) => label),
      ['recent', 'Without the Text Before'],
    )
  })

  it('compares the same selection with the text before it and without', async () => {
    await show(TEXT)

    await choose('Without the Text Before', { selected: 'The cat slept on the mat.' })

    const results = await resultsAsText()
    assert.match(results, /Compared: with context \(shown\) with without context \(baseline\)\. Done\./)
    assert.match(results, /^cat, leading space\. Token 1 of 7\. with context \d.* Δ log₂ p \+/m)
  })

  it('compares an edited document with its saved version, whose text comes from the file', async () => {
    const document = await show(TEXT)
    await inspect()
    await edit(document, 'slept', 'ran')

    await vscode.commands.executeCommand('logitscope.compareWithSaved')

    const results = await resultsAsText()
    assert.match(results, /Compared: text\.txt \(shown\) with saved \(baseline\)\. Done\./)
    assert.match(
      results,
      /^Only saved has here: slept, leading space\.\nran, leading space\. .* Not compared\.$/m,
    )
  })

  it('compares the part of the saved version that corresponds to a selection', async () => {
    const document = await show(TEXT)
    await edit(document, 'sat', 'is')
    select('The cat slept on the mat.')

    await vscode.commands.executeCommand('logitscope.compareWithSaved')

    const results = await resultsAsText()
    assert.doesNotMatch(results, /Not compared|Only saved/)
    assert.match(results, /^slept, leading space\. Token 2 of 7\. text\.txt /m)
  })

  it('compares the text of the clipboard in place of the selection', async () => {
    await show(TEXT)
    await vscode.env.clipboard.writeText('The dog slept on the mat.')

    await choose('Clipboard', { selected: 'The cat slept on the mat.' })

    const results = await resultsAsText()
    assert.match(results, /Compared: text\.txt \(shown\) with clipboard \(baseline\)\. Done\./)
    assert.match(results, /^Only clipboard has here: dog, leading space\.$/m)
  })

  it('compares the text of the clipboard with the line ends of the document', async () => {
    await show(TEXT)
    await vscode.env.clipboard.writeText(TEXT.replaceAll('\n', '\r\n'))

    await choose('Clipboard', { selected: TEXT })

    assert.doesNotMatch(await resultsAsText(), /Not compared|Only clipboard/)
  })

  it('compares with another open document, and swaps both', async () => {
    const other = await show('The dog sat on the mat.\n', 'other.txt')
    await show(TEXT)
    await choose(vscode.workspace.asRelativePath(other.uri, false))
    assert.match(await resultsAsText(), /Compared: text\.txt \(shown\) with other\.txt \(baseline\)\. Done\./)

    await vscode.commands.executeCommand('logitscope.swapComparison')

    await resultsHave(/Compared: other\.txt \(shown\) with text\.txt \(baseline\)\. Done\./)
  })

  it('compares a new run with the same baseline', async () => {
    await show(TEXT)
    await choose('Without the Text Before', { selected: 'The cat slept on the mat.' })

    await vscode.commands.executeCommand('logitscope.runAgain')

    await resultsHave(/Compared: with context \(shown\) with without context \(baseline\)\. Done\./)
  })

  it('ends with End Comparison', async () => {
    await show(TEXT)
    await choose('Without the Text Before', { selected: 'The cat slept on the mat.' })

    await vscode.commands.executeCommand('logitscope.endComparison')

    assert.doesNotMatch(await resultsAsText(), /Compared/)
  })

  it('can be cancelled, and compares again', async () => {
    const lines = TEXT.repeat(20)
    await show(`The first line.\n${lines}`)
    let isComparing = true
    const comparing = choose('Without the Text Before', { selected: lines }).finally(() => {
      isComparing = false
    })
    await until(
      async () => {
        await vscode.commands.executeCommand('logitscope.cancelComparison')
        return !isComparing
      },
      () => 'The comparison was not cancelled.',
    )
    await comparing
    assert.match(await resultsAsText(), /Compared: .* Cancelled\./)

    await vscode.commands.executeCommand('logitscope.compareAgain')

    assert.match(await resultsAsText(), /Compared: .* Done\./)
  })

  describe('gives a reason and does not run', () => {
    it('with the saved version of a document that has no unsaved changes', async () => {
      await show(TEXT)
      await refuses(
        'logitscope.compareWithSaved',
        /text\.txt has no unsaved changes\. Edit it, then compare\.$/,
      )
    })

    it('with the saved version of a document that was never saved', async () => {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: TEXT }))
      await refuses('logitscope.compareWithSaved', /was never saved\. Save it, edit it, then compare\.$/)
    })

    it('with an empty clipboard', async () => {
      await show(TEXT)
      await vscode.env.clipboard.writeText('')
      user.answers({ entries: ['Clipboard'] })
      await refuses('logitscope.compare', /The clipboard has no text\. Copy one, then compare with it\.$/)
    })

    it('with an empty document', async () => {
      const empty = await show('', 'empty.txt')
      await show(TEXT)
      user.answers({ entries: [vscode.workspace.asRelativePath(empty.uri, false)] })
      await refuses('logitscope.compare', /empty\.txt is empty\. Choose another text to compare with\.$/)
    })

    it('without the text before the start of a document', async () => {
      await show(TEXT)
      user.answers({ entries: ['Without the Text Before'] })
      await refuses('logitscope.compare', /No text is before the inspected one\./)
    })

    async function refuses(command: string, message: RegExp): Promise<void> {
      await vscode.commands.executeCommand(command)

      assert.equal(user.messages.length, 1)
      assert.match(user.messages[0] ?? '', message)
      assert.doesNotMatch(await resultsAsText(), /Compared/)
    }
  })

  /** Chooses a baseline in the list; without one the list is closed. */
  async function choose(
    label: string | undefined,
    { selected }: { readonly selected?: string } = {},
  ): Promise<void> {
    if (selected !== undefined) {
      select(selected)
      await inspect()
    }
    user.answers(label === undefined ? {} : { entries: [label] })
    await vscode.commands.executeCommand('logitscope.compare')
  }
})

/** Opens a new file in an editor. */
async function show(content: string, name = 'text.txt'): Promise<vscode.TextDocument> {
  const document = await openText(content, 'plaintext', name)
  await vscode.window.showTextDocument(document, { preview: false })
  return document
}

async function inspect(): Promise<void> {
  await vscode.commands.executeCommand('logitscope.inspectLogits')
  await panelIsOpen()
}

function select(text: string): void {
  const editor = vscode.window.activeTextEditor
  assert.ok(editor !== undefined)
  const start = editor.document.getText().indexOf(text)
  const [from, to] = [start, start + text.length].map((offset) => editor.document.positionAt(offset))
  assert.ok(start >= 0 && from !== undefined && to !== undefined)
  editor.selection = new vscode.Selection(from, to)
}

async function edit(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const start = document.getText().indexOf(from)
  const change = new vscode.WorkspaceEdit()
  const range = new vscode.Range(document.positionAt(start), document.positionAt(start + from.length))
  change.replace(document.uri, range, to)
  assert.ok(await vscode.workspace.applyEdit(change))
}

async function resultsHave(pattern: RegExp): Promise<void> {
  let results = ''
  await until(
    async () => {
      results = await resultsAsText()
      return pattern.test(results)
    },
    () => results.slice(0, 500),
  )
}
