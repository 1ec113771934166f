import { describe, expect, it } from 'vitest'
import { formatTable } from '../../../src/cli/table'
import { createReport, type ReportInput } from '../../../src/prediction/report/report'
import {
  alternative,
  distribution,
  score,
  MINI,
  prediction,
  TOKENS,
  vocabulary,
} from '../../support/texts/samples'

const PLAIN = { columns: 80, colors: false }
const TOP = [
  alternative(TOKENS.newline, 0.57),
  alternative(TOKENS.the, 0.2),
  alternative(TOKENS.comma, 0.001),
]
const SURPRISING = prediction(0, TOKENS.the, score(0.00077, distribution(0, TOP)))

function table(input: Partial<ReportInput>, style = PLAIN): string[] {
  const report = createReport(
    {
      model: MINI,
      startToken: true,
      temperature: 1,
      topK: 3,
      contextTokens: 0,
      windows: 1,
      predictions: [SURPRISING],
      next: distribution(1, TOP),
      ...input,
    },
    vocabulary,
  )
  return formatTable(report, style).split('\n')
}

describe('formatTable', () => {
  it('has a line for each token and one for what comes next, between where they come from and the summary', () => {
    expect(table({})).toEqual([
      'mini (fp32, wasm) · starts with <|endoftext|> · nothing before',
      '',
      '   #  token  probability  rank  bits  entropy  expected',
      '   0  the        0.077 %    74  10.3      3.5  ↵ 57 %  the 20 %  , <1 %',
      'next                                      3.5  ↵ 57 %  the 20 %  , <1 %',
      '',
      '1 token · perplexity 1,299 · 10.34 bits per token · 1 window',
      '',
    ])
  })

  it('says what is not the default', () => {
    const [provenance] = table({ startToken: false, contextTokens: 3, temperature: 0.7 })
    expect(provenance).toBe('mini (fp32, wasm) · no start token · 3 tokens before · temperature 0.7')
  })

  it('has dashes where a token is not scored', () => {
    const lines = table({ predictions: [prediction(0, TOKENS.the, null)] })
    expect(lines[3]).toMatch(/^ +0 {2}the +– +– +– +–$/)
    expect(lines.at(-2)).toBe('1 token · 1 window')
  })

  it('has no table for an empty text with nothing to predict from', () => {
    expect(table({ predictions: [], next: null })).toEqual([
      'mini (fp32, wasm) · starts with <|endoftext|> · nothing before',
      '',
      '0 tokens · 1 window',
      '',
    ])
  })

  it.each([60, 66, 80])('keeps to %i columns', (columns) => {
    for (const line of table({}, { columns, colors: false }).slice(2, 5)) {
      expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  it('marks surprising tokens by colour only where there is any', () => {
    expect(table({}).join('')).not.toContain('\u001b')
    expect(table({}, { columns: 80, colors: true })[3]).toContain('\u001b[97;48;5;130mthe  \u001b[0m')
  })
})
