import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'

const TEXT = 'The cat sat on the mat.'

describe('the API compares', () => {
  it('two precisions of the selected model', async () => {
    const report = await (await api()).compare({ text: TEXT }, { precision: 'int8' })

    assert.equal(report.precision, 'fp32')
    assert.equal(report.baseline.precision, 'int8')
    assert.equal(report.summary?.tokens, 7)
  })

  it('two texts, by the tokens that both have', async () => {
    const report = await (await api()).compare({ text: TEXT }, { text: 'The dog sat on the mat.' })

    assert.deepEqual(
      report.positions.map(({ baselinePosition }) => baselinePosition),
      [0, null, 2, 3, 4, 5, 6],
    )
  })

  it('a range with and without the text before it', async () => {
    const { uri } = await openText(TEXT)
    const range = new vscode.Range(0, 'The cat sat'.length, 0, TEXT.length)

    const report = await (await api()).compare({ uri, range }, { context: 'selection' })

    assert.deepEqual([report.contextTokens, report.baseline.contextTokens], [3, 0])
    assert.equal(report.summary?.tokens, 4)
  })

  it('nothing with a model that does not exist', async () => {
    await assert.rejects((await api()).compare({ text: TEXT }, { model: '/nowhere' }), {
      name: 'ModelFilesError',
    })
  })
})

async function api(): Promise<LogitscopeApi> {
  return (await extension.activate()) as LogitscopeApi
}
