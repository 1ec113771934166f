// Compared inspections for tests of what views show, with numbers of test/fixtures/reference/context.json: the sample
// alone and after another text, by an independent implementation in PyTorch.

import { readFileSync } from 'node:fs'

import type { Baseline, ComparedSection, ComparedToken } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../../src/shared/elementAt'
import type { ComparedInspection } from '../../../src/shared/text/comparisonText'
import type { Vocabulary } from '../../../src/shared/text/vocabulary'
import {
  distributionOf,
  referenceInspection,
  type ReferencePosition,
  scoreOf,
} from '../reference/referenceInspection'

interface ContextReference {
  /** Name of the text in mini.json. */
  readonly text: string
  readonly contextIds: readonly number[]
  readonly positions: readonly (ReferencePosition & { readonly kl: number; readonly js: number })[]
}

const REFERENCE = JSON.parse(
  readFileSync(new URL('../../fixtures/reference/context.json', import.meta.url), 'utf8'),
) as ContextReference

/** The sample alone, compared with the same text after a context: `without context` vs `with context`. */
export function comparedContexts(vocabulary: Vocabulary): ComparedInspection {
  const inspection = referenceInspection(REFERENCE.text, vocabulary, { context: 'selection' })
  return compared(inspection, { kind: 'context' })
}

/** The same numbers as those of two models: `mini` vs `gpt2`. The other model is pretended. */
export function comparedModels(vocabulary: Vocabulary): ComparedInspection {
  const inspection = referenceInspection(REFERENCE.text, vocabulary)
  const whole = compared(inspection, { kind: 'model', id: 'gpt2', precision: 'fp32' })
  const { model } = inspection
  const baseline = { ...model, id: 'gpt2', description: 'OpenAI, 124 M', parameters: 124_439_808 }
  return { ...whole, comparison: { ...whole.comparison, models: { shown: model, baseline } } }
}

/** Where the sample differs from its saved text in `comparedTexts`. */
export const EDIT = {
  /** ` Config`, which the saved text does not have. */
  onlyShown: 63,
  /** ` Syntax`, two tokens, which the saved text has in its place. */
  onlyBaseline: [26375, 897],
} as const

/** The same numbers as those of a text and its saved version: `readConfig.ts` vs `saved`. The edit is pretended. */
export function comparedTexts(vocabulary: Vocabulary): ComparedInspection {
  const inspection = referenceInspection(REFERENCE.text, vocabulary, {
    documentName: 'src/readConfig.ts',
    documentUri: 'file:///project/src/readConfig.ts',
  })
  const { documentUri: uri } = inspection
  const whole = compared(inspection, { kind: 'text', source: 'saved', uri, name: 'readConfig.ts' })
  const section = elementAt(whole.comparison.sections, 0)
  const tokens = [...section.tokens].filter(({ position }) => position !== EDIT.onlyShown)
  const baselineOnly = [{ position: EDIT.onlyShown, tokenIds: EDIT.onlyBaseline }]
  return withSections(whole, [{ ...section, tokens, shared: tokens.length, baselineOnly }])
}

/** The comparison as it is after its first `count` tokens. */
export function runningComparison(inspection: ComparedInspection, count: number): ComparedInspection {
  const sections = inspection.comparison.sections.map((section) => ({
    ...section,
    tokens: section.tokens.slice(0, count),
    next: null,
  }))
  return withSections(
    { ...inspection, comparison: { ...inspection.comparison, state: { kind: 'running' } } },
    sections,
  )
}

/** The sides exchanged, with the baseline's numbers as those of the shown side; predictions stay as they are. */
export function swappedSides(inspection: ComparedInspection): ComparedInspection {
  const { sections, models } = inspection.comparison
  const swapped = sections.map(({ next, ...section }): ComparedSection => {
    const swapToken = ({ score, baselineScore, ...token }: ComparedToken) => ({
      ...token,
      score: baselineScore,
      baselineScore: score,
    })
    return {
      ...section,
      tokens: Array.from(section.tokens, swapToken),
      next: next === null ? null : { ...next, shown: next.baseline, baseline: next.shown },
    }
  })
  const swappedModels = models === null ? null : { shown: models.baseline, baseline: models.shown }
  return withSections(
    { ...inspection, comparison: { ...inspection.comparison, models: swappedModels } },
    swapped,
  )
}

function withSections(
  inspection: ComparedInspection,
  sections: readonly ComparedSection[],
): ComparedInspection {
  return { ...inspection, comparison: { ...inspection.comparison, sections } }
}

function compared(inspection: Inspection, baseline: Baseline): ComparedInspection {
  const { predictions, tokens, next } = elementAt(inspection.sections, 0)
  const { positions, contextIds } = REFERENCE
  const placeOf = (row: number) => ({
    logitsRow: contextIds.length + row,
    seqLen: contextIds.length + positions.length,
  })
  const comparedTokens = positions.flatMap((row, position): ComparedToken[] => {
    const score = predictions.at(position)?.score ?? null
    if (score === null) return []
    const { kl, js: jensenShannon } = row
    const baselineScore = scoreOf(row, placeOf(position))
    return [{ position, baselinePosition: position, score, baselineScore, kl, jensenShannon }]
  })
  const last = elementAt(positions, tokens.length)
  const section: ComparedSection = {
    tokens: comparedTokens,
    next:
      next === null
        ? null
        : {
            shown: next,
            baseline: distributionOf(last, placeOf(tokens.length)),
            kl: last.kl,
            jensenShannon: last.js,
          },
    shared: tokens.length,
    contextTokens: { shown: 0, baseline: baseline.kind === 'context' ? contextIds.length : 0 },
    baselineOnly: [],
    isComplete: true,
  }
  const { model } = inspection
  return {
    ...inspection,
    comparison: {
      baseline,
      canSwap: baseline.kind === 'model',
      models: { shown: model, baseline: model },
      state: { kind: 'done' },
      sections: [section],
    },
  }
}
