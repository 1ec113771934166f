import { describe, expect, it } from 'vitest'
import { csvPieces } from '../../../../../src/prediction/report/csv/csv'
import { formatRecord } from '../../../../../src/prediction/report/csv/csvCells'
import type { Inspection } from '../../../../../src/shared/contracts/panel/inspection'
import {
  alternative,
  distribution,
  inspection,
  prediction,
  section,
  STUDENT,
  TOKENS,
  vocabulary,
} from '../../../../support/texts/samples'

describe('formatRecord', () => {
  it('separates cells with commas and ends with CRLF', () => {
    expect(formatRecord(['a', 1, true, null])).toBe('a,1,true,\r\n')
  })

  it.each([
    ['a comma', 'a,b', '"a,b"'],
    ['a quote', 'a"b', '"a""b"'],
    ['a line feed', 'a\nb', '"a\nb"'],
    ['a carriage return', 'a\rb', '"a\rb"'],
  ])('quotes a cell with %s', (_, cell, expected) => {
    expect(formatRecord([cell])).toBe(`${expected}\r\n`)
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx'])('writes %j as text', (cell) => {
    expect(formatRecord([cell])).toBe(`'${cell}\r\n`)
  })

  it('writes a cell that starts with a carriage return as text', () => {
    expect(formatRecord(['\rx'])).toBe('"\'\rx"\r\n')
  })

  it('does not change negative numbers', () => {
    expect(formatRecord([-1.5])).toBe('-1.5\r\n')
  })
})

describe('csvPieces', () => {
  it('starts with the column names', () => {
    const [heading] = csvOf(inspection([])).split('\r\n')
    expect(heading).toBe(
      'model,precision,backend,remarks,startToken,context,contextTokens,section,' +
        'position,tokenId,token,partial,start,end,logitsRow,logit,logProb,rank,surprisal,entropy,' +
        'top1TokenId,top1Token,top1Logit,top1LogProb',
    )
  })

  it('has the provenance in each record', () => {
    const lines = csvLines([prediction(0, TOKENS.the), prediction(1, TOKENS.the)])
    for (const line of lines) expect(line).toMatch(/^mini,fp32,wasm,,true,document,412,1,/)
  })

  it('has the remarks on the model’s files in each record', () => {
    const student = { ...inspection([section([prediction(0, TOKENS.the)])]), model: STUDENT }
    expect(csvOf(student).split('\r\n')[1]).toMatch(
      /^mini,fp32,wasm,"Linear layout, transposed on load; padded",true,/,
    )
  })

  it('writes a token that looks like a formula as text', () => {
    expect(csvLines([prediction(0, TOKENS.equals)])[0]).toContain(`,0,${TOKENS.equals},'=,false,10,11,0,2.5,`)
  })

  it('has empty cells for a token without a score', () => {
    expect(csvLines([prediction(0, TOKENS.the, null)])[0]).toMatch(/,the,false,10,11(,){10}$/)
  })

  it('ends each section with the next distribution', () => {
    const next = distribution(1, [alternative(TOKENS.comma, 1)])
    expect(csvLines([prediction(0, TOKENS.the)], next)[1]).toMatch(/,next,,,,,,1,,,,,3.5,11,",",10,0$/)
  })

  it('has the same number of cells in every record', () => {
    const predictions = [prediction(0, TOKENS.the, null), prediction(1, TOKENS.the)]
    const next = distribution(2, [alternative(TOKENS.the, 0.5)])
    const csv = csvOf(inspection([section(predictions, next)], { topK: 3 }))
    // No token in this sample has a comma or line break, but the alternative of position 1 is a newline.
    const counts = csv
      .replace('"\n"', 'newline')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(',').length)
    expect(new Set(counts)).toEqual(new Set([32]))
  })
})

function csvOf(inspected: Inspection): string {
  return Array.from(csvPieces(inspected, vocabulary), ({ text }) => text).join('')
}

function csvLines(
  predictions: Parameters<typeof section>[0],
  next?: Parameters<typeof section>[1],
): string[] {
  const csv = csvOf(inspection([section(predictions, next)]))
  return csv.split('\r\n').slice(1, -1)
}
