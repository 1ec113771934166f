import { describe, expect, it } from 'vitest'
import type { LensReport } from '../../../src/prediction/report/json/lensReport'
import { elementAt } from '../../../src/shared/elementAt'
import { textWidth } from '../../../src/shared/text/textWidth'
import { disposable, run, type RunOptions } from '../../support/cli/runInProcess'
import { freshEngine, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { nameOf, REFERENCE_EXPLANATIONS } from '../../support/reference/explainReference'
import { referenceText } from '../../support/reference/referenceTexts'

const REAL: RunOptions = { createEngine: async () => disposable(freshEngine(await loadMini())) }
const CAT = ['--text', 'The cat sat']

describe('logitscope lens --json', { timeout: LOADING_LIMIT_MS }, () => {
  it('describes the model, the layers, each token and the row after the last one', async () => {
    const report = await lens([...CAT, '--context', 'Once', '--top-k', '2'])

    expect(Object.keys(report)).toEqual([
      'model',
      'backend',
      'precision',
      'remarks',
      'bos',
      'contextTokens',
      'topK',
      'layers',
      'positions',
      'next',
    ])
    expect(report).toMatchObject({ model: 'mini', bos: true, contextTokens: 1, topK: 2 })
    expect(report.layers).toEqual(['embeddings', 'h.0', 'h.1', 'h.2', 'h.3', 'h.4', 'h.5'])
    expect(report.positions.map(({ position, text, logitsRow }) => [position, text, logitsRow])).toEqual([
      [0, 'The', 1],
      [1, ' cat', 2],
      [2, ' sat', 3],
    ])
    expect(Object.keys(elementAt(report.positions, 0))).toEqual([
      'position',
      'tokenId',
      'text',
      'logitsRow',
      'depth',
      'layers',
    ])
    const [layer] = report.positions[0]?.layers ?? []
    expect(Object.keys(layer ?? {})).toEqual(['logProb', 'rank', 'entropyBits', 'klNats', 'top'])
    expect(layer?.top).toHaveLength(2)
    expect(Object.keys(layer?.top[0] ?? {})).toEqual(['tokenId', 'text', 'logProb'])
    expect(Object.keys(report.next ?? {})).toEqual(['logitsRow', 'depth', 'layers'])
    expect(Object.keys(report.next?.layers[0] ?? {})).toEqual(['entropyBits', 'klNats', 'top'])
  })

  it.each(
    REFERENCE_EXPLANATIONS.filter(({ text }) => text === 'english').map(
      (other) => [nameOf(other), other] as const,
    ),
  )('has the reference’s numbers for %s', async (_, { text, startToken, token, lens: expected }) => {
    const args = [
      '--text',
      referenceText(text).text,
      '--at',
      String(token),
      ...(startToken ? [] : ['--no-bos']),
    ]

    const { positions } = await lens(args)

    expect(positions.map(({ position }) => position)).toEqual([token])
    for (const [layer, { logProb, kl, topIds }] of expected.entries()) {
      const found = positions[0]?.layers?.[layer]
      expect(Math.abs((found?.logProb ?? NaN) - logProb)).toBeLessThanOrEqual(5e-4)
      expect(Math.abs((found?.klNats ?? NaN) - kl)).toBeLessThanOrEqual(5e-4)
      expect(found?.top.slice(0, 5).map(({ tokenId }) => tokenId)).toEqual(topIds)
    }
  })

  it('has the depth from which on the most likely token stays that of the output', async () => {
    const { positions } = await lens(CAT)
    for (const { depth, layers } of positions) {
      const tops = layers?.map(({ top }) => top[0]?.tokenId) ?? []
      const output = tops.at(-1)
      expect(tops.slice(depth ?? NaN)).toEqual(tops.slice(depth ?? NaN).map(() => output))
      expect(tops[(depth ?? NaN) - 1]).not.toBe(output)
    }
  })

  it.each([
    ['next', [], true],
    ['1..', [1, 2], true],
    ['0..1', [0, 1], false],
  ])('has only the positions of --at %s', async (at, positions, hasNext) => {
    const report = await lens([...CAT, '--at', at])
    expect(report.positions.map(({ position }) => position)).toEqual(positions)
    expect(report.next !== null).toBe(hasNext)
  })

  it('has nulls for the first token without a start token', async () => {
    const { positions } = await lens([...CAT, '--no-bos'])
    expect(positions[0]).toEqual({
      position: 0,
      tokenId: 464,
      text: 'The',
      logitsRow: null,
      depth: null,
      layers: null,
    })
    expect(positions[1]?.logitsRow).toBe(0)
  })

  it('has nothing for an empty text without a start token', async () => {
    expect(await lens(['--text', '', '--no-bos'])).toMatchObject({ positions: [], next: null })
  })
})

describe('The table of logitscope lens', { timeout: LOADING_LIMIT_MS }, () => {
  it('has layers down and positions across, and marks the token that stands there', async () => {
    const { stdout } = await run(['lens', '--text', ' the the the the'], REAL)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('mini (fp32, wasm) · starts with <|endoftext|> · nothing before')
    expect(lines[3]).toMatch(/^position {4}0 +1 +2 +3 +next$/)
    expect(lines[4]).toMatch(/^token {7}·the +·the +·the +·the$/)
    expect(lines.slice(5, 12).map((line) => line.split(' ')[0])).toEqual([
      'embeddings',
      'h.0',
      'h.1',
      'h.2',
      'h.3',
      'h.4',
      'h.5',
    ])
    expect(lines[5]).toMatch(/·the\* +100/)
    expect(lines[12]).toMatch(/^depth/)
  })

  it('fits into the terminal: further positions follow in further tables', async () => {
    const text = 'word '.repeat(40)
    const { stdout } = await run(['lens', '--text', text], REAL)
    const [, , ...tables] = stdout.split('\n')
    expect(tables.filter((line) => line.startsWith('position')).length).toBeGreaterThan(3)
    for (const line of tables) expect(textWidth(line)).toBeLessThanOrEqual(120)
    const positions = tables
      .filter((line) => line.startsWith('position'))
      .flatMap((line) => line.match(/\d+/g) ?? [])
    expect(positions).toEqual(Array.from({ length: 41 }, (_, i) => String(i)))
  })
})

describe('logitscope lens', () => {
  it('ends with 2 if the text does not have the position', async () => {
    expect(await run(['lens', ...CAT, '--at', '3'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'logitscope: Position 3 does not exist: the text has 3 tokens, so the positions are 0 to 2 and next.\n',
    })
  })

  it('ends with 1 and prints nothing if the engine fails', async () => {
    const { code, stdout, stderr } = await run(['lens', ...CAT])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe('logitscope: this engine has no layers\n')
  })
})

async function lens(args: readonly string[]): Promise<LensReport> {
  const { code, stdout, stderr } = await run(['lens', ...args, '--json'], REAL)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as LensReport
}
