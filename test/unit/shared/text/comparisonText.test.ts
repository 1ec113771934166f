import { describe, expect, it } from 'vitest'

import type { Baseline, InspectionComparison } from '../../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../../src/shared/contracts/panel/inspection'
import type { Precision } from '../../../../src/shared/contracts/engine/prediction'
import { likelierTexts, sideNames } from '../../../../src/shared/text/comparisonText'
import { comparedContexts, comparedModels } from '../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()
const models = comparedModels(vocabulary)

describe('sideNames', () => {
  it('names two models in the same precision by their ids', () => {
    expect(sideNames(models)).toEqual({ shown: 'mini', baseline: 'gpt2' })
  })

  it('names the precision that is not the default where the precisions differ', () => {
    const baseline = modelBaseline('mini', 'int8')

    expect(sideNames(comparedWith(baseline))).toEqual({ shown: 'mini', baseline: 'mini int8' })
  })

  it('names a folder before its model is loaded', () => {
    const baseline = modelBaseline('/home/me/runs/step-200', 'fp32')

    expect(sideNames(comparedWith(baseline))).toEqual({ shown: 'mini', baseline: 'step-200' })
  })

  it('tells folders of the same name apart', () => {
    const baseline = modelBaseline('/home/me/second/mini', 'fp32')

    expect(sideNames(comparedWith(baseline))).toEqual({ shown: 'mini', baseline: 'second/mini' })
  })

  it('names a document and its saved version', () => {
    const uri = 'file:///project/src/readConfig.ts'
    const baseline: Baseline = { kind: 'text', source: 'saved', uri, name: 'readConfig.ts' }

    const names = sideNames(comparedWith(baseline, { documentName: 'src/readConfig.ts', documentUri: uri }))

    expect(names).toEqual({ shown: 'readConfig.ts', baseline: 'saved' })
  })

  it('names the clipboard', () => {
    const baseline: Baseline = { kind: 'text', source: 'clipboard', name: 'clipboard' }

    const names = sideNames(comparedWith(baseline, { documentName: 'notes.txt' }))

    expect(names).toEqual({ shown: 'notes.txt', baseline: 'clipboard' })
  })

  it('names two documents, with enough folders to tell them apart', () => {
    const uri = 'file:///project/new/lib/index.ts'
    const baseline: Baseline = { kind: 'text', source: 'document', uri, name: 'index.ts' }
    const shown = { documentName: 'index.ts', documentUri: 'file:///project/old/lib/index.ts' }

    expect(sideNames(comparedWith(baseline, shown))).toEqual({
      shown: 'old/lib/index.ts',
      baseline: 'new/lib/index.ts',
    })
  })

  it.each([
    ['selection', 'without context', 'with context'],
    ['document', 'with context', 'without context'],
  ] as const)('names the contexts of a shown inspection with the context %s', (context, shown, baseline) => {
    expect(sideNames({ ...comparedContexts(vocabulary), context })).toEqual({ shown, baseline })
  })
})

describe('likelierTexts', () => {
  it('says for which model a token is likelier', () => {
    expect(likelierTexts(models)).toEqual({ shown: 'likelier for mini', baseline: 'likelier for gpt2' })
  })

  it('says in which text a token is likelier', () => {
    const baseline: Baseline = { kind: 'text', source: 'clipboard', name: 'clipboard' }

    expect(likelierTexts(comparedWith(baseline, { documentName: 'a.txt' }))).toEqual({
      shown: 'likelier in a.txt',
      baseline: 'likelier in clipboard',
    })
  })

  it('says with which context a token is likelier', () => {
    expect(likelierTexts(comparedContexts(vocabulary))).toEqual({
      shown: 'likelier without context',
      baseline: 'likelier with context',
    })
  })
})

function modelBaseline(id: string, precision: Precision): Baseline {
  return { kind: 'model', id, precision }
}

/** The inspection with another baseline, whose model is not loaded yet. */
function comparedWith(baseline: Baseline, changes: Partial<Inspection> = {}) {
  const comparison: InspectionComparison = { ...models.comparison, baseline, models: null }
  return { ...models, ...changes, comparison }
}
