import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../src/app/api'
import { elementAt } from '../../src/shared/elementAt'
import { extension } from './support/extensionUnderTest'
import { openText } from './support/openText'

const TEXT = 'The cat sat on the mat.'

describe('the API’s method', () => {
  it('lens has every layer of every token and of the row after the last one', async () => {
    const report = await (await api()).lens({ text: TEXT }, { topK: 2 })

    assert.equal(report.positions.length, 7)
    for (const { layers } of report.positions) assert.equal(layers?.length, report.layers.length)
    assert.equal(report.next?.layers[0]?.top.length, 2)
  })

  it('lens ends with the numbers of inspect', async () => {
    const lens = await (await api()).lens({ text: TEXT })
    const { positions } = await (await api()).inspect({ text: TEXT })

    lens.positions.forEach(({ layers }, i) => {
      const { logProb } = elementAt(positions, i)
      assert.ok(Math.abs((layers?.at(-1)?.logProb ?? NaN) - (logProb ?? NaN)) <= 1e-5)
    })
  })

  it('lens has only the requested positions of a document’s range', async () => {
    const document = await openText(`first line\n${TEXT}`)
    const range = new vscode.Range(1, 0, 2, 0)

    const report = await (await api()).lens({ uri: document.uri, range }, { positions: { from: 1, end: 3 } })

    assert.deepEqual(
      report.positions.map(({ position, text }) => [position, text]),
      [
        [1, ' cat'],
        [2, ' sat'],
      ],
    )
    assert.equal(report.next, null)
    assert.ok(report.contextTokens > 0)
  })

  it('why has parts that add up to the difference of the two log-probabilities', async () => {
    const against = { text: ' ran' }
    const { total, parts, token } = await (await api()).why({ text: TEXT }, { at: 2, against })

    const sum = parts.reduce((whole, { value }) => whole + value, 0)
    const { positions } = await (await api()).inspect({ text: TEXT }, { topK: 100 })
    const { logit } = elementAt(positions, 2)
    const ran = await (await api()).why({ text: TEXT }, { at: 2, token: against, against: null })
    assert.equal(token.text, ' sat')
    assert.ok(Math.abs(sum - total) <= 1e-3)
    assert.ok(Math.abs(total - ((logit ?? NaN) - ran.total)) <= 1e-3)
  })

  it('why rejects a position that the text does not have', async () => {
    await assert.rejects((await api()).why({ text: TEXT }, { at: 7 }), { name: 'InvalidRequestError' })
  })

  it('lens rejects positions that the text does not have', async () => {
    const positions = { from: 2, end: 9 }
    await assert.rejects((await api()).lens({ text: TEXT }, { positions }), { name: 'InvalidRequestError' })
  })

  it('why rejects with CancelledError when it is cancelled', async () => {
    const source = new vscode.CancellationTokenSource()
    const asking = (await api()).why({ text: TEXT.repeat(100) }, { at: 600, cancellationToken: source.token })

    source.cancel()

    await assert.rejects(asking, { name: 'CancelledError' })
  })
})

async function api(): Promise<LogitscopeApi> {
  return (await extension.activate()) as LogitscopeApi
}
