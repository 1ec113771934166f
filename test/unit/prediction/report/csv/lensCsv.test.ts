import { describe, expect, it } from 'vitest'
import { csvPieces } from '../../../../../src/prediction/report/csv/csv'
import { LensRows } from '../../../../../src/shared/contracts/panel/lensRows'
import { elementAt } from '../../../../../src/shared/elementAt'
import { lensRowOf } from '../../../../support/panel/lensOfInspection'
import { referenceInspection } from '../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const inspection = referenceInspection('python +bos', vocabulary)
const last = elementAt(inspection.sections, 0).tokens.length

function recordsWith(positions: readonly number[]): string[][] {
  let lens = LensRows.EMPTY
  for (const position of positions)
    lens = lens.with({ section: 0, position }, [lensRowOf(inspection, { section: 0, position })])
  const text = Array.from(csvPieces(inspection, vocabulary, lens), (piece) => piece.text).join('')
  return text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/))
}

describe('the lens in CSV', () => {
  it('has a column for the depth and seven for each layer, empty for rows that are not computed', () => {
    const [headings = [], ...records] = recordsWith([1])
    const depth = headings.indexOf('depth')
    expect(headings.slice(depth, depth + 4)).toEqual([
      'depth',
      'embeddingsLogProb',
      'embeddingsRank',
      'embeddingsEntropy',
    ])
    expect(headings).toHaveLength(depth + 1 + 7 * 7)
    expect(new Set(records.map((record) => record.length))).toEqual(new Set([headings.length]))
    expect(records.map((record) => record[depth])).toEqual(records.map((_, i) => (i === 1 ? '1' : '')))
  })

  it('has no probability and rank of an actual token after the last one', () => {
    const [headings = [], ...records] = recordsWith([last])
    const at = (heading: string) => records.at(-1)?.[headings.indexOf(heading)]
    expect([at('h.5LogProb'), at('h.5Rank')]).toEqual(['', ''])
    expect(Number(at('h.5Entropy'))).toBeGreaterThan(0)
  })

  it('is absent where nothing is computed', () => {
    const [headings] = recordsWith([])
    expect(headings).not.toContain('depth')
  })
})
