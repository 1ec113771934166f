import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import type { InspectionReport } from '../../src/prediction/report/report'
import { elementAt } from '../../src/shared/elementAt'
import { spokenNumbers, SUMMARY } from '../support/reference/sampleNumbers'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'
import { type Reference, referenceOf } from './support/reference'
import { panelIsOpen, resultsAsText } from './support/results'

const LOG_PROB_TOLERANCE = 2e-4
const typescript = referenceOf('typescript +bos')

describe('the API', () => {
  it('scores a text as the reference does', async () => {
    const report = await (await api()).inspect({ text: typescript.text })

    assertLogProbs(report, typescript)
  })

  it('leaves out the start token on request', async () => {
    const report = await (await api()).inspect({ text: typescript.text }, { startToken: false })

    assert.equal(elementAt(report.positions, 0).logProb, null)
    assertLogProbs(report, referenceOf('typescript'))
  })

  it('scores a range with the document’s text before it, as it scores the whole', async () => {
    const document = await openText(typescript.text)
    const range = new vscode.Range(5, 0, 6, 0)

    const part = await (await api()).inspect({ uri: document.uri, range })
    const whole = await (await api()).inspect({ uri: document.uri })

    const same = whole.positions.slice(part.contextTokens, part.contextTokens + part.positions.length)
    assert.deepEqual(
      part.positions.map(({ tokenId, start, end }) => ({ tokenId, start, end })),
      same.map(({ tokenId, start, end }) => ({ tokenId, start, end })),
    )
    part.positions.forEach(({ logProb }, i) => assertClose(logProb, elementAt(same, i).logProb))
  })

  it('scores a range alone in the context “selection”', async () => {
    const document = await openText(`first line\n${typescript.text}`)
    const range = new vscode.Range(1, 0, document.lineCount, 0)

    const report = await (await api()).inspect({ uri: document.uri, range }, { context: 'selection' })

    assert.equal(report.contextTokens, 0)
    assert.equal(elementAt(report.positions, 0).start, 'first line\n'.length)
    assertLogProbs(report, typescript)
  })

  it('rejects with CancelledError when a request is cancelled', async () => {
    const source = new vscode.CancellationTokenSource()
    const inspecting = (await api()).inspect(
      { text: typescript.text.repeat(20) },
      { cancellationToken: source.token },
    )

    source.cancel()

    await assert.rejects(inspecting, { name: 'CancelledError' })
  })

  it('rejects an invalid request with InvalidRequestError', async () => {
    const inspecting = (await api()).inspect({ text: 'x' }, { topK: 0 })

    await assert.rejects(inspecting, { name: 'InvalidRequestError' })
  })
})

describe('Inspect Logits', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('opens the panel next to the editor and scores the whole document', async () => {
    await vscode.window.showTextDocument(await openText(typescript.text))

    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await panelIsOpen()
    const results = await resultsAsText()
    const { tokens, perplexity, bitsPerToken } = SUMMARY
    const figures = `${tokens} tokens · perplexity ${perplexity} · ${bitsPerToken} bits per token`
    assert.ok(results.includes(figures), results)
    assert.ok(results.includes(`export. Token 0 of 85. ${spokenNumbers(0)}.`), results)
  })

  it('gives every selection its own section, scored with the text before it', async () => {
    const editor = await vscode.window.showTextDocument(await openText(typescript.text))
    editor.selections = [new vscode.Selection(5, 0, 5, 20), new vscode.Selection(1, 2, 1, 12)]

    await vscode.commands.executeCommand('logitscope.inspectLogits')

    const results = await resultsAsText()
    assert.ok(results.indexOf('Line 2 ·') < results.indexOf('Line 6 ·'), results)
    assert.match(results, /Line 2 · .*17 tokens before/)
  })

  it('inspects the range again after edits have moved it', async () => {
    const editor = await vscode.window.showTextDocument(await openText(typescript.text))
    editor.selection = new vscode.Selection(5, 0, 5, 20)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '// a line before\n'))
    editor.selection = new vscode.Selection(0, 0, 0, 0)

    await vscode.commands.executeCommand('logitscope.runAgain')

    assert.match(await resultsAsText(), /Line 7 · /)
  })

  it('inspects the same range again after it was cut and restored', async () => {
    const editor = await vscode.window.showTextDocument(await openText(typescript.text))
    editor.selection = new vscode.Selection(5, 0, 5, 20)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    await editor.edit((edit) => edit.delete(new vscode.Range(5, 0, 5, 20)))
    await undoUntil(editor.document, typescript.text)

    await vscode.commands.executeCommand('logitscope.runAgain')

    assert.match(await resultsAsText(), /Line 6 · .*\n6 tokens/)
  })

  it('leaves the results as they are if there is nothing to inspect', async () => {
    await vscode.window.showTextDocument(await openText(typescript.text), vscode.ViewColumn.One)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    const results = await resultsAsText()
    await vscode.window.showTextDocument(await openText(''), vscode.ViewColumn.One)

    await vscode.commands.executeCommand('logitscope.inspectLogits')

    assert.equal(await resultsAsText(), results)
  })
})

/** The new panel takes the keyboard focus some time after it has opened, and an undo without the editor's focus is lost. */
async function undoUntil(document: vscode.TextDocument, text: string): Promise<void> {
  const undo = async () => {
    await vscode.window.showTextDocument(document)
    await vscode.commands.executeCommand('undo')
  }
  for (let tries = 0; tries < 50 && document.getText() !== text; tries++) await undo()
  assert.equal(document.getText(), text)
}

async function api(): Promise<LogitscopeApi> {
  return (await extension.activate()) as LogitscopeApi
}

function assertLogProbs(report: InspectionReport, { positions }: Reference): void {
  for (const { logitsRow, logProb } of report.positions) {
    if (logitsRow !== null) assertClose(logProb, elementAt(positions, logitsRow).targetLogProb ?? null)
  }
}

function assertClose(actual: number | null, expected: number | null): void {
  assert.ok(
    actual !== null && expected !== null && Math.abs(actual - expected) <= LOG_PROB_TOLERANCE,
    `${actual} is not ${expected}`,
  )
}
