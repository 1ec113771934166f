import { describe, expect, it } from 'vitest'
import { formatTable } from '../../../src/cli/commands/inspectTable'
import { reportOf } from '../../../src/prediction/report/report'
import type { Section } from '../../../src/shared/contracts/panel/inspection'
import {
  alternative,
  distribution,
  inspection,
  prediction,
  score,
  section,
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
const SECTION = { ...section([SURPRISING], distribution(1, TOP)), contextTokens: 0 }

/** The lines of the table for one section that starts with the start token. */
function table(parts: Partial<Section>, style = PLAIN): string[] {
  const report = reportOf(inspection([{ ...SECTION, ...parts }]), vocabulary)
  return formatTable(report, style).split('\n')
}

describe('formatTable', () => {
  it('has the provenance, a line for each token, a line for the next token and the summary', () => {
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

  it('names settings that differ from the default', () => {
    const inspected = inspection([{ ...SECTION, contextTokens: 3 }], { startToken: false })
    const [provenance] = formatTable(reportOf(inspected, vocabulary, { temperature: 0.7 }), PLAIN).split('\n')
    expect(provenance).toBe('mini (fp32, wasm) · no start token · 3 tokens before · temperature 0.7')
  })

  it('has dashes for a token that is not scored', () => {
    const lines = table({ predictions: [prediction(0, TOKENS.the, null)] })
    expect(lines[3]).toMatch(/^ +0 {2}the +– +– +– +–$/)
    expect(lines.at(-2)).toBe('1 token · 1 window')
  })

  it('has no table for an empty text without a next distribution', () => {
    expect(table({ predictions: [], next: null })).toEqual([
      'mini (fp32, wasm) · starts with <|endoftext|> · nothing before',
      '',
      '0 tokens · 1 window',
      '',
    ])
  })

  it.each([60, 66, 80])('is at most %i columns wide', (columns) => {
    for (const line of table({}, { columns, colors: false }).slice(2, 5)) {
      expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  it('colours surprising tokens only on a terminal with colours', () => {
    expect(table({}).join('')).not.toContain('\u001b')
    expect(table({}, { columns: 80, colors: true })[3]).toContain('\u001b[97;48;5;130mthe  \u001b[0m')
  })
})
