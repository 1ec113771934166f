import { describe, expect, it } from 'vitest'
import { comparedLines } from '../../../../src/prediction/report/text/comparedText'
import { comparisonProperty } from '../../../../src/prediction/report/json/comparisonJson'
import {
  comparisonOfSection,
  comparisonReportOf,
  type ComparisonReport,
} from '../../../../src/prediction/report/json/comparisonReport'
import { csvPieces } from '../../../../src/prediction/report/csv/csv'
import { jsonPieces } from '../../../../src/prediction/report/json/json'
import { formatResults, formatRow, formatTables } from '../../../../src/prediction/report/text/plainText'
import type { Inspection } from '../../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../../src/shared/elementAt'
import {
  comparedContexts,
  comparedModels,
  comparedTexts,
  EDIT,
  runningComparison,
} from '../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const models = comparedModels(vocabulary)
const texts = comparedTexts(vocabulary)
const loading: Inspection = {
  ...models,
  comparison: { ...models.comparison, models: null, state: { kind: 'loading' } },
}
const { tokens } = elementAt(models.sections, 0)
const pair = elementAt([...elementAt(models.comparison.sections, 0).tokens], 2)

describe('The JSON of a compared inspection', () => {
  it('has what the CLI prints of the comparison, with the names of both sides', () => {
    const { comparison } = jsonOf(models)

    const { sides, state, ...report } = comparison ?? {}
    expect(sides).toEqual({ shown: 'mini', baseline: 'gpt2' })
    expect(state).toBe('done')
    expect(report).toEqual(JSON.parse(JSON.stringify(cliReport(models))))
  })

  it('has the number of tokens that each side saw before the text', () => {
    const { comparison } = jsonOf(comparedContexts(vocabulary))

    expect(comparison?.contextTokens).toBe(0)
    expect(comparison?.baseline.contextTokens).toBeGreaterThan(0)
  })

  it('has nulls for tokens that are not compared yet, and the state', () => {
    const { comparison } = jsonOf(runningComparison(models, 3))

    expect(comparison?.state).toBe('running')
    expect(comparison?.positions.map(({ klNats }) => klNats !== null)).toEqual(
      tokens.map((_, position) => position < 3),
    )
  })

  it('has no comparison before the models are loaded', () => {
    expect(jsonOf(loading).comparison).toBeUndefined()
  })
})

describe('The CSV of a compared inspection', () => {
  it('names both sides in every record', () => {
    const records = csvOf(models)

    expect(
      new Set(records.map((record) => `${record.get('shownSide')} ${record.get('baselineSide')}`)),
    ).toEqual(new Set(['mini gpt2']))
    expect(records[0]?.get('baselineBackend')).toBe('wasm')
  })

  it('has the figures of the baseline and the differences from them', () => {
    const record = elementAt(csvOf(models), pair.position)

    const { score, baselineScore, kl, jensenShannon } = pair
    expect(Number(record.get('baselineProbability'))).toBeCloseTo(Math.exp(baselineScore.logProb), 12)
    expect(Number(record.get('deltaLog2P'))).toBeCloseTo(
      Math.log2(Math.exp(score.logProb) / Math.exp(baselineScore.logProb)),
      9,
    )
    expect(figuresOf(record)).toEqual(
      [score.logProb, score.rank, baselineScore.logProb, baselineScore.rank, kl, jensenShannon].map(String),
    )
  })

  it('has the divergences of the row after the last token', () => {
    const { next } = elementAt(models.comparison.sections, 0)

    const record = csvOf(models).at(-1)

    expect([record?.get('klNats'), record?.get('baselineLogProb')]).toEqual([String(next?.kl), ''])
  })

  it('has empty figures for a token that only the shown text has', () => {
    const record = elementAt(csvOf(texts), EDIT.onlyShown)

    expect(figuresOf(record)).toEqual(['', '', '', '', '', ''])
    expect(record.get('baselineSide')).toBe('saved')
  })

  it('has no further columns without a comparison', () => {
    expect(csvOf({ ...models, comparison: undefined })[0]?.has('shownSide')).toBe(false)
  })
})

describe('A copied table of a compared inspection', () => {
  it('names both sides and what they ran with', () => {
    const [, shown, baseline] = formatTables(comparedContexts(vocabulary), vocabulary).split('\n')

    expect(shown).toMatch(/^# shown: without context · mini \(fp32, wasm\) · .*nothing before$/)
    expect(baseline).toMatch(/^# baseline: with context · mini \(fp32, wasm\) · .*\d+ tokens before$/)
  })

  it('has the figures of both sides in a copied row', () => {
    const row = formatRow(models, { section: 0, position: pair.position }, vocabulary)

    const [headings = '', cells = ''] = row.split('\n').slice(-3)
    const at = headings.split('\t').indexOf('baselineRank')
    expect(cells.split('\t')[at]).toBe(String(pair.baselineScore.rank))
  })
})

describe('The results of a compared inspection as text', () => {
  it('say in the first lines what is compared, and how far', () => {
    expect(formatResults(runningComparison(models, 3), vocabulary)).toContain(
      'Compared: mini (shown) with gpt2 (baseline). Still running.',
    )
  })

  it('have both sides, the summary and a line for each token', () => {
    const lines = [...comparedLines(models, vocabulary)]

    expect(lines[1]).toMatch(/^shown: mini · /)
    expect(lines[2]).toMatch(/^baseline: gpt2 · /)
    expect(lines[3]).toMatch(/bits per token, baseline/)
    expect(lines.find((line) => line.includes(`Token ${pair.position} of`))).toMatch(
      /\. mini .* percent, rank \d+\. gpt2 .* percent, rank \d+\. Δ log₂ p [+−0-9.]+, KL .* nats, JS .* nats\.$/,
    )
  })

  it('have the tokens that only one of two texts has', () => {
    const lines = [...comparedLines(texts, vocabulary)]

    const at = lines.findIndex((line) => line.startsWith('Only saved has here:'))
    expect(lines[at]).toBe('Only saved has here: Synt, leading space; ax.')
    expect(lines[at + 1]).toMatch(new RegExp(`Token ${EDIT.onlyShown} of .*\\. Not compared\\.$`))
  })

  it('have nothing of a comparison whose models are not loaded yet, but that it runs', () => {
    expect([...comparedLines(loading, vocabulary)]).toEqual([])
    expect(formatResults(loading, vocabulary)).toContain('Still running.')
  })
})

type Exported = ComparisonReport & { readonly sides: object; readonly state: string }

function jsonOf(inspection: Inspection): { readonly comparison?: Exported } {
  const pieces = jsonPieces(inspection, vocabulary, {
    furtherProperties: (section) => {
      const comparison = comparisonOfSection(inspection, section)
      return comparison === null ? [] : [comparisonProperty(comparison, vocabulary)]
    },
  })
  return JSON.parse(Array.from(pieces, ({ text }) => text).join('')) as { comparison?: Exported }
}

function cliReport(inspection: Inspection): ComparisonReport | undefined {
  const comparison = comparisonOfSection(inspection, 0)
  return comparison === null ? undefined : comparisonReportOf(comparison, vocabulary)
}

/** The records after the heading, of texts without commas and line ends in their last columns. */
function csvOf(inspection: Inspection): ReadonlyMap<string, string>[] {
  const text = Array.from(csvPieces(inspection, vocabulary), ({ text }) => text).join('')
  const [headings = [], ...records] = text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.split(',').reverse())
  return records.map((cells) => new Map(headings.map((heading, i) => [heading, cells[i] ?? ''])))
}

function figuresOf(record: ReadonlyMap<string, string>): (string | undefined)[] {
  const names = ['shownLogProb', 'shownRank', 'baselineLogProb', 'baselineRank', 'klNats', 'jsNats']
  return names.map((name) => record.get(name))
}
