import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import type { InspectionReport } from '../../src/prediction/report/report'
import { formatCount, formatDecimal, formatProbability } from '../../src/shared/text/format'
import { elementAt } from '../../src/shared/elementAt'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'
import { referenceOf } from './support/reference'
import { panelTabs, resultsAsText } from './support/results'

const TEXT = referenceOf('typescript +bos').text
/** Longer than the engine takes to start. */
const LONG_LIMIT_MS = 60_000

describe('the hover', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    await configure({ hover: 'always', hoverTimeLimit: LONG_LIMIT_MS })
  })

  afterEach(async () => {
    await configure({
      hover: undefined,
      hoverTimeLimit: undefined,
      startToken: undefined,
    })
  })

  it('has the API’s numbers for every token', async () => {
    const document = await openText(TEXT)
    const { positions } = await inspect(document)

    for (const { start, logProb, rank, surprisal } of positions) {
      if (logProb === null || rank === null || surprisal === null) continue
      const [first = ''] = linesOf(await hoverAt(document, start))
      const numbers = `p ${formatProbability(Math.exp(logProb))}  rank ${formatCount(rank)} of 50,257  ${formatDecimal(surprisal)} bits`
      assert.ok(first.endsWith(`  ${numbers}`), `${first} is not ${numbers}`)
    }
  })

  it('lists the five most likely tokens with the API’s numbers', async () => {
    const document = await openText(TEXT)
    const { positions } = await inspect(document)
    const { start, top } = elementAt(positions, 52)

    const lines = linesOf(await hoverAt(document, start))

    assert.deepEqual(
      lines.slice(1).map((line) => line.trim().split(/ {2,}/)[1]),
      (top ?? []).slice(0, 5).map(({ logProb }) => formatProbability(Math.exp(logProb))),
    )
  })

  it('covers the token’s range', async () => {
    const document = await openText(TEXT)
    const start = TEXT.indexOf(' catch')

    const hover = await hoverAt(document, start + 3)

    assert.deepEqual(hover?.range, rangeOf(document, start, start + ' catch'.length))
  })

  it('has all tokens of a character that is split into several', async () => {
    const document = await openText('const wave = "👋"\n')
    const offset = document.getText().indexOf('👋')

    const text = linesOf(await hoverAt(document, offset)).join('\n')

    assert.equal(text.match(/rank/g)?.length, 2)
    assert.match(text, /^👋 {2}p /)
  })

  it('shows the predicted next token at the end of a line', async () => {
    const document = await openText(TEXT)
    const { positions } = await inspect(document)
    const newline = positions.find(({ text }) => text === '\n')
    const end = TEXT.indexOf('\n')

    const next = nextOf(await hoverAt(document, end - 1))

    const percent = formatProbability(Math.exp(newline?.top?.[0]?.logProb ?? NaN))
    assert.deepEqual(next[0]?.split(/ {2,}/), ['↵', percent, '← in the text'])
    assert.deepEqual(nextOf(await hoverAt(document, end - 2)), [])
  })

  it('shows the next token on an empty line and with CRLF', async () => {
    const document = await openText('first\r\n\r\nsecond')

    const onEmptyLine = await hoverAt(document, document.offsetAt(new vscode.Position(1, 0)))

    assert.match(linesOf(onEmptyLine)[0] ?? '', /^↵ {2}p /)
    assert.ok(nextOf(onEmptyLine).length > 0)
    assert.ok(nextOf(await hoverAt(document, 'firs'.length)).some((line) => line.startsWith('↵')))
  })

  it('covers only the hovered line of a token with several lines', async () => {
    const document = await openText('first\n\n\n\nlast')
    const onEmptyLine = new vscode.Position(1, 0)

    const hover = await hoverAt(document, document.offsetAt(onEmptyLine))

    assert.deepEqual(hover?.range, new vscode.Range(onEmptyLine, onEmptyLine))
  })

  it('shows the API’s next token at the end of the text', async () => {
    const document = await openText(TEXT)
    const { next } = await inspect(document)

    const hover = await hoverAt(document, TEXT.length)

    assert.equal(linesOf(hover)[0], 'Next:')
    assert.equal(
      nextOf(hover)[0]?.split(/ {2,}/)[1],
      formatProbability(Math.exp(next?.top[0]?.logProb ?? NaN)),
    )
  })

  it('says that the first token has no prediction when the text begins without the start token', async () => {
    await configure({ startToken: false })
    const document = await openText(TEXT)

    const [first] = linesOf(await hoverAt(document, 0))

    assert.equal(first, 'export  no prediction, because no token precedes it')
  })

  it('has the links first, and no text of the document in their trusted part', async () => {
    const document = await openText('[x](command:workbench.action.quit) `````` <b>[x](command:x)')
    for (let offset = 0; offset < document.getText().length; offset++) {
      const contents = contentsOf(await hoverAt(document, offset))
      const links = elementAt(contents, 0)
      const text = elementAt(contents, 1)

      assert.ok(!text.isTrusted && !text.supportHtml && !text.supportThemeIcons)
      assert.deepEqual(links.isTrusted, {
        enabledCommands: ['logitscope.inspectAt', 'logitscope.nextSurprising'],
      })
      assert.equal(
        links.value,
        `[Open the panel at this token](command:logitscope.inspectAt?[${offset}]) · [Next surprising token](command:logitscope.nextSurprising)`,
      )
    }
  })

  it('is not shown when it is off', async () => {
    await configure({ hover: 'off' })
    const document = await openText(TEXT)

    assert.equal(await hoverAt(document, 0), undefined)
  })

  it('is shown only in inspected documents in that mode', async () => {
    await configure({ hover: 'inspected' })
    const inspected = await openText(TEXT)
    await vscode.window.showTextDocument(inspected)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    const other = await openText(`${TEXT}// another`)

    assert.notEqual(await hoverAt(inspected, 0), undefined)
    assert.equal(await hoverAt(other, 0), undefined)
  })

  it('has both sides and Δ while the panel compares the document', async () => {
    const document = await openText(TEXT)
    await vscode.window.showTextDocument(document)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    const comparedLine = async () => linesOf(await hoverAt(document, TEXT.indexOf(' catch')))[1] ?? ''

    await vscode.commands.executeCommand('logitscope.measurePrecisionCost')

    assert.match(await comparedLine(), /^ {2}Δ log₂ p [+−]?\d+\.\d\d {2}mini .+ %, mini int8 .+ %$/)
    await vscode.commands.executeCommand('logitscope.endComparison')
    assert.doesNotMatch(await comparedLine(), /Δ/)
  })

  describe('with a setting for a language', () => {
    const inMarkdown = () => vscode.workspace.getConfiguration('logitscope', { languageId: 'markdown' })
    const modes = () => [
      vscode.workspace.getConfiguration('logitscope').get('hover'),
      inMarkdown().get('hover'),
    ]

    beforeEach(async () => {
      await configure({ hover: 'off' })
      await inMarkdown().update('hover', 'always', vscode.ConfigurationTarget.Global, true)
    })

    afterEach(async () => {
      await inMarkdown().update('hover', undefined, vscode.ConfigurationTarget.Global, true)
    })

    it('is shown in that language', async () => {
      assert.equal(await hoverAt(await openText(TEXT, 'plaintext'), 0), undefined)
      assert.notEqual(await hoverAt(await openText(TEXT, 'markdown'), 0), undefined)
    })

    it('is toggled for the language of the active editor', async () => {
      await vscode.window.showTextDocument(await openText(TEXT, 'markdown'))
      await vscode.commands.executeCommand('logitscope.toggleHover')
      assert.deepEqual(modes(), ['off', 'off'])

      await vscode.commands.executeCommand('logitscope.toggleHover')
      assert.deepEqual(modes(), ['off', 'always'])
    })

    it('is toggled for all other languages where the language has no setting', async () => {
      await configure({ hover: 'always' })
      await vscode.window.showTextDocument(await openText(TEXT, 'plaintext'))
      await vscode.commands.executeCommand('logitscope.toggleHover')

      assert.deepEqual(modes(), ['off', 'always'])
    })
  })

  it('is missing when the model exceeds the time limit, and shown later', async () => {
    await configure({ hoverTimeLimit: 0 })
    const document = await openText(`// not seen before\n${TEXT}`)
    const offset = document.getText().length - 5

    assert.equal(await hoverAt(document, offset), undefined)
    await eventually(async () => (await hoverAt(document, offset)) !== undefined)
  })

  it('is turned off and back on', async () => {
    await vscode.commands.executeCommand('logitscope.toggleHover')
    assert.equal(vscode.workspace.getConfiguration('logitscope').get('hover'), 'off')

    await vscode.commands.executeCommand('logitscope.toggleHover')
    assert.equal(vscode.workspace.getConfiguration('logitscope').get('hover'), 'always')
  })
})

describe('Open Panel at Token', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('inspects the token’s line if no run has the token', async () => {
    const document = await openText(`// ${Math.random()}\n${TEXT}`)
    await vscode.window.showTextDocument(document)

    await vscode.commands.executeCommand('logitscope.inspectAt', document.getText().indexOf('catch'))

    assert.match(await resultsAsText(), /^Line 6 · /m)
  })

  it('keeps a run that has the token', async () => {
    const document = await openText(TEXT)
    await vscode.window.showTextDocument(document)
    await vscode.commands.executeCommand('logitscope.inspectLogits')

    await vscode.commands.executeCommand('logitscope.inspectAt', TEXT.indexOf('catch'))

    assert.match(await resultsAsText(), /^Lines 1 to 8 · /m)
  })

  it('inspects again if the text has changed', async () => {
    const document = await openText(TEXT)
    const editor = await vscode.window.showTextDocument(document)
    await vscode.commands.executeCommand('logitscope.inspectLogits')
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '//\n'))
    await vscode.window.showTextDocument(document, editor.viewColumn)

    await vscode.commands.executeCommand('logitscope.inspectAt', document.getText().indexOf('catch'))

    assert.match(await resultsAsText(), /^Line 6 · /m)
  })

  for (const offset of [-1, 1.5, 1e9, '0', null, {}]) {
    it(`does nothing at ${JSON.stringify(offset)}`, async () => {
      await vscode.window.showTextDocument(await openText(TEXT))

      await vscode.commands.executeCommand('logitscope.inspectAt', offset)

      assert.equal(panelTabs().length, 0)
    })
  }
})

async function configure(settings: Record<string, unknown>): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('logitscope')
  for (const [key, value] of Object.entries(settings)) await configuration.update(key, value, true)
}

async function inspect({ uri }: vscode.TextDocument): Promise<InspectionReport> {
  return ((await extension.activate()) as LogitscopeApi).inspect({ uri })
}

/** The hover of this extension, without those of others. */
async function hoverAt(document: vscode.TextDocument, offset: number): Promise<vscode.Hover | undefined> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    document.positionAt(offset),
  )
  return hovers.find((hover) => contentsOf(hover).at(0)?.value.includes('logitscope.'))
}

function contentsOf(hover: vscode.Hover | undefined): vscode.MarkdownString[] {
  return (hover?.contents ?? []).filter((content) => content instanceof vscode.MarkdownString)
}

/** The lines inside the code block. */
function linesOf(hover: vscode.Hover | undefined): string[] {
  return contentsOf(hover).at(1)?.value.split('\n').slice(1, -1) ?? []
}

/** The lines about the next token, without indentation. */
function nextOf(hover: vscode.Hover | undefined): string[] {
  const lines = linesOf(hover)
  const title = lines.findIndex((line) => line.startsWith('Next:'))
  return title === -1 ? [] : lines.slice(title + 1).map((line) => line.trim())
}

function rangeOf(document: vscode.TextDocument, start: number, end: number): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end))
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate)
}
