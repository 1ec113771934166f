import { describe, expect, it } from 'vitest'
import {
  formatResults,
  formatRow,
  formatTables,
  formatTokenIds,
} from '../../../../../src/prediction/report/text/plainText'
import {
  alternative,
  distribution,
  inspection,
  score,
  prediction,
  section,
  STUDENT,
  TOKENS,
  vocabulary,
} from '../../../../support/texts/samples'

const NEXT = distribution(2, [alternative(TOKENS.newline, 0.5), alternative(TOKENS.the, 0.001)])
const TWO_TOKENS = inspection([section([prediction(0, TOKENS.the), prediction(1, TOKENS.newline)], NEXT)])
/** Names of a file and a model's folder that would start a formula in a cell of its own. */
const HOSTILE = {
  ...TWO_TOKENS,
  documentName: '=1+1\t=HYPERLINK("x")\r\n+2.py',
  model: { ...TWO_TOKENS.model, id: '@SUM(A1)\t-3\n=4' },
}
const PROVENANCE =
  '# main.py, lines 3 to 9 · mini (fp32, wasm) · starts with <|endoftext|> · context: document, 412 tokens before'

describe('formatTables', () => {
  it('starts with the provenance and the column names', () => {
    const [provenance, columns] = formatTables(TWO_TOKENS, vocabulary).split('\n')
    expect(provenance).toBe(PROVENANCE)
    expect(columns).toBe(
      'position\ttoken\ttokenId\tlogit\tlogProb\tprobability\trank\tsurprisal\tentropy\texpected',
    )
  })

  it('has the remarks on the model’s files', () => {
    const [provenance] = formatTables({ ...TWO_TOKENS, model: STUDENT }, vocabulary).split('\n')
    expect(provenance).toContain('(fp32, wasm) · Linear layout, transposed on load · padded · starts with')
  })

  it('keeps the names of files and models in one cell of one line, as text', () => {
    const cells = formatTables(HOSTILE, vocabulary).split(/[\t\n]/)
    expect(cells.slice(0, 2)).toEqual([
      '# =1+1 =HYPERLINK("x") +2.py, lines 3 to 9 · @SUM(A1) -3 =4 (fp32, wasm) · starts with <|endoftext|> · context: document, 412 tokens before',
      'position',
    ])
  })

  it('has one line for each token, with visible white space and numbers for spreadsheets', () => {
    const lines = formatTables(TWO_TOKENS, vocabulary).split('\n')
    expect(lines[2]).toBe('0\tthe\t1169\t2.5\t-1.386294\t0.25\t74\t2\t3.5\t↵ 50 %')
    expect(lines[3]).toBe('1\t↵\t198\t2.5\t-1.386294\t0.25\t74\t2\t3.5\t↵ 50 %')
  })

  it('ends with the next distribution', () => {
    expect(formatTables(TWO_TOKENS, vocabulary).split('\n').slice(4)).toEqual([
      'next\t\t\t\t\t\t\t\t3.5\t↵ 50 %  the <1 %',
      '',
    ])
  })

  it('has empty cells for a token without a score', () => {
    const lines = formatTables(inspection([section([prediction(0, TOKENS.the, null)])]), vocabulary).split(
      '\n',
    )
    expect(lines[2]).toBe('0\tthe\t1169\t\t\t\t\t\t\t')
  })

  it('has the provenance of each section', () => {
    const sections = [section([prediction(0, TOKENS.the)]), section([prediction(0, TOKENS.the)])]
    const lines = formatTables(inspection(sections), vocabulary).split('\n')
    expect(lines.filter((line) => line === PROVENANCE)).toHaveLength(2)
  })
})

describe('formatRow', () => {
  it('has only the requested row', () => {
    const [provenance, columns, , row] = formatTables(TWO_TOKENS, vocabulary).split('\n')
    expect(formatRow(TWO_TOKENS, { section: 0, position: 1 }, vocabulary)).toBe(
      [provenance, columns, row, ''].join('\n'),
    )
  })

  it('has the next distribution at the position after the last token', () => {
    expect(formatRow(TWO_TOKENS, { section: 0, position: 2 }, vocabulary)).toContain('\nnext\t')
  })

  it('is empty if the token is not scored yet', () => {
    expect(formatRow(TWO_TOKENS, { section: 0, position: 3 }, vocabulary)).toBe('')
  })
})

describe('formatTokenIds', () => {
  it('lists the ids after the provenance', () => {
    expect(formatTokenIds(TWO_TOKENS)).toBe(`${PROVENANCE}\n[1169, 198]\n`)
  })

  it('keeps the names of files and models in one cell of one line, as text', () => {
    const cells = formatTokenIds(HOSTILE).split(/[\t\n]/)
    expect(cells.map((cell) => cell.charAt(0))).toEqual(['#', '[', ''])
  })
})

describe('formatResults', () => {
  it('starts with the document, the model and the summary', () => {
    expect(formatResults(TWO_TOKENS, vocabulary).split('\n').slice(0, 6)).toEqual([
      'Logitscope: main.py',
      'mini: A small model.',
      'Done in 0.42 s.',
      '',
      'Lines 3 to 9 · mini (fp32, wasm) · starts with <|endoftext|> · context: document, 412 tokens before',
      '2 tokens · perplexity 4.0 · 2.00 bits per token · 1 window',
    ])
  })

  it('keeps the names of files and models on one line', () => {
    const lines = formatResults(HOSTILE, vocabulary).split('\n')
    expect(lines.slice(0, 3)).toEqual([
      'Logitscope: =1+1 =HYPERLINK("x") +2.py',
      '@SUM(A1) -3 =4: A small model.',
      'Done in 0.42 s.',
    ])
  })

  it('has the remarks on the files after the model', () => {
    const lines = formatResults({ ...TWO_TOKENS, model: STUDENT }, vocabulary).split('\n')
    expect(lines[1]).toBe('mini: A small model. · Linear layout, transposed on load · padded')
  })

  it('lists the ten most surprising tokens first, in descending order', () => {
    const predictions = Array.from({ length: 12 }, (_, i) =>
      prediction(i, TOKENS.the, score(1 / (i + 2), distribution(i, []))),
    )
    const lines = formatResults(inspection([section(predictions)]), vocabulary).split('\n')
    const heading = lines.indexOf('The 10 most surprising tokens:')
    const positions = lines
      .slice(heading + 1, heading + 11)
      .map((line) => /Token (\d+) of 12/.exec(line)?.[1])
    expect(positions).toEqual(['11', '10', '9', '8', '7', '6', '5', '4', '3', '2'])
  })

  it('lists all tokens, one per line, in words', () => {
    const lines = formatResults(TWO_TOKENS, vocabulary).split('\n')
    const heading = lines.indexOf('All tokens, one per line:')
    expect(lines.slice(heading + 1)).toEqual([
      'the. Token 0 of 2. Probability 25.0 percent, rank 74, 2.0 bits. Expected newline, 50 percent.',
      'newline. Token 1 of 2. Probability 25.0 percent, rank 74, 2.0 bits. Expected newline, 50 percent.',
      'Next, after the last of 2 tokens. Expected newline, 50 percent.',
      '',
    ])
  })

  it('names a token that could not be predicted', () => {
    const results = formatResults(inspection([section([prediction(0, TOKENS.the, null)])]), vocabulary)
    expect(results).toContain('the. Token 0 of 1. No prediction, because no token precedes it.')
  })

  it('has the number of tokens before a cancellation', () => {
    const cancelled = inspection([section([prediction(0, TOKENS.the)])], { state: { kind: 'cancelled' } })
    expect(formatResults(cancelled, vocabulary)).toContain('Cancelled after 1 token.')
  })
})
