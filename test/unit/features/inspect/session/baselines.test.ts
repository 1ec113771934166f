import { describe, expect, it } from 'vitest'
import {
  isSameBaseline,
  keptBaseline,
  pendingComparison,
} from '../../../../../src/features/inspect/session/baselines'
import { type InspectionRun, UNEXPLAINED } from '../../../../../src/features/inspect/session/inspectionRun'
import type { Baseline } from '../../../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../../../src/shared/contracts/panel/inspection'
import { referenceInspection } from '../../../../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

const typescript = referenceInspection('typescript +bos', readGpt2Vocabulary())
const INT8: Baseline = { kind: 'model', id: 'mini', precision: 'int8' }
const CONTEXT: Baseline = { kind: 'context' }
const SAVED: Baseline = { kind: 'text', source: 'saved', uri: typescript.documentUri, name: 'saved.ts' }
const OTHER: Baseline = { kind: 'text', source: 'document', uri: 'file:///other.ts', name: 'other.ts' }
const COMPLETION: Inspection = {
  ...typescript,
  generation: {
    sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
    seed: 1,
    typed: [],
    candidates: [{ probability: 1, typedTokens: 0 }],
  },
}

describe('keptBaseline', () => {
  const elsewhere = { ...typescript, documentUri: 'file:///elsewhere.ts' }

  it.each([
    ['a model in a run of another document', INT8, elsewhere, INT8],
    ['a model in a completion', INT8, COMPLETION, INT8],
    ['the other context in a run of another document', CONTEXT, elsewhere, CONTEXT],
    ['a text in another run of the document', SAVED, typescript, SAVED],
  ])('keeps %s', (_, baseline, inspection, kept) => {
    expect(keptBaseline(inspection, comparedWith(baseline))).toEqual(kept)
  })

  it.each([
    ['the other context in a completion', CONTEXT, COMPLETION],
    ['a text in a run of another document', OTHER, elsewhere],
    ['a text in a completion', SAVED, COMPLETION],
  ])('does not keep %s', (_, baseline, inspection) => {
    expect(keptBaseline(inspection, comparedWith(baseline))).toBeUndefined()
  })

  it('keeps no baseline if the inspection before was not compared', () => {
    expect(keptBaseline(typescript, typescript)).toBeUndefined()
    expect(keptBaseline(typescript, undefined)).toBeUndefined()
  })
})

describe('pendingComparison', () => {
  it('has a section without tokens for each of the inspection', () => {
    const { sections, state, models } = pendingComparison(runOf(true), INT8)

    expect(sections.map(({ tokens, shared }) => [tokens.length, shared])).toEqual([[0, null]])
    expect(state).toEqual({ kind: 'loading' })
    expect(models).toBeNull()
  })

  it.each([
    ['can swap two models', INT8, false, true],
    ['can swap two documents', OTHER, true, true],
    ['cannot swap a document and a part of one', OTHER, false, false],
    ['cannot swap with the saved version', SAVED, true, false],
    ['cannot swap with the other context', CONTEXT, true, false],
  ])('%s', (_, baseline, wholeDocument, canSwap) => {
    expect(pendingComparison(runOf(wholeDocument), baseline).canSwap).toBe(canSwap)
  })
})

describe('isSameBaseline', () => {
  it('compares the baselines themselves, not their names', () => {
    expect(isSameBaseline(OTHER, { ...OTHER, name: 'renamed.ts' })).toBe(true)
    expect(isSameBaseline(INT8, { ...INT8, precision: 'fp32' })).toBe(false)
    expect(isSameBaseline(SAVED, OTHER)).toBe(false)
  })
})

function comparedWith(baseline: Baseline): Inspection {
  return { ...typescript, comparison: pendingComparison(runOf(true), baseline) }
}

function runOf(wholeDocument: boolean): InspectionRun {
  return { inspection: typescript, sequences: [], textDigest: '', wholeDocument, seconds: 0, ...UNEXPLAINED }
}
