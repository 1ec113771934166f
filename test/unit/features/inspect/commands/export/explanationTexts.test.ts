import { describe, expect, it } from 'vitest'
import {
  explanationLines,
  explanationProperties,
} from '../../../../../../src/features/inspect/commands/export/explanationTexts'
import { type InspectionRun, UNEXPLAINED } from '../../../../../../src/features/inspect/session/inspectionRun'
import { jsonPieces } from '../../../../../../src/prediction/report/json/json'
import type { LensReport } from '../../../../../../src/prediction/report/json/lensReport'
import { LensRows } from '../../../../../../src/shared/contracts/panel/lensRows'
import { elementAt } from '../../../../../../src/shared/elementAt'
import { lensRowOf } from '../../../../../support/panel/lensOfInspection'
import { referenceInspection } from '../../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const typescript = referenceInspection('typescript +bos', vocabulary)

/** A run of two equal sections; the second one has the lens of these positions. */
function runWith(positions: readonly number[]): InspectionRun {
  const section = elementAt(typescript.sections, 0)
  let lens = LensRows.EMPTY
  for (const position of positions)
    lens = lens.with({ section: 1, position }, [lensRowOf(typescript, { section: 0, position })])
  return {
    inspection: { ...typescript, sections: [section, section] },
    sequences: [],
    textDigest: '',
    wholeDocument: false,
    seconds: 0,
    ...UNEXPLAINED,
    lens,
  }
}

function exportedJson(run: InspectionRun): { lens?: Pick<LensReport, 'layers' | 'positions' | 'next'> }[] {
  const pieces = jsonPieces(run.inspection, vocabulary, {
    furtherProperties: (section) => explanationProperties(run, section, vocabulary),
  })
  return JSON.parse(Array.from(pieces, ({ text }) => text).join('')) as never
}

describe('the lens in exported JSON', () => {
  it('is a property of the sections where it is computed', () => {
    const [first, second] = exportedJson(runWith([70, 3, 85]))
    expect(first).not.toHaveProperty('lens')
    expect(second?.lens?.layers).toEqual(['embeddings', 'h.0', 'h.1', 'h.2', 'h.3', 'h.4', 'h.5'])
    expect(second?.lens?.positions.map(({ position, depth }) => [position, depth])).toEqual([
      [3, 3],
      [70, 0],
    ])
    expect(second?.lens?.next?.depth).toBe(1)
  })

  it('has the numbers of every layer', () => {
    const row = lensRowOf(typescript, { section: 0, position: 3 })
    const [, second] = exportedJson(runWith([3]))
    const layers = second?.lens?.positions[0]?.layers ?? []
    expect(layers.map(({ rank }) => rank)).toEqual([...row.rank])
    expect(layers[6]?.top).toHaveLength(10)
  })
})

describe('the lens in Open Results as Text', () => {
  it('is a table of the most likely token after each layer', () => {
    const lines = [...explanationLines(runWith([63, 64]), vocabulary)]
    expect(lines[0]).toBe('The logit lens of 2 tokens:')
    expect(lines.find((line) => line.startsWith('token'))).toMatch(/·Config +Error/)
    expect(lines.filter((line) => /^h\.\d/.test(line))).toHaveLength(6)
  })

  it('is absent where nothing is computed', () => {
    expect([...explanationLines(runWith([]), vocabulary)]).toEqual([])
  })
})
