import { assertNever } from '../../../shared/assertNever'
import type {
  Baseline,
  ComparedSection,
  InspectionComparison,
} from '../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { LogitscopeError } from '../../../shared/errors'
import type { InspectionRun } from './inspectionRun'

/** The text to compare with is missing or empty, or cannot be compared with this inspection. */
export class BaselineTextError extends LogitscopeError {}

/** Another model on the tokens of the shown side. */
export type ModelBaseline = Extract<Baseline, { kind: 'model' }>

/** A baseline on the shown side's model. */
export type TextBaseline = Exclude<Baseline, ModelBaseline>

/** A comparison that has not begun. */
export function pendingComparison(
  { inspection, wholeDocument }: InspectionRun,
  baseline: Baseline,
): InspectionComparison {
  // A part of a document would not be the same part again as a baseline.
  const isDocument = baseline.kind === 'text' && baseline.source === 'document' && wholeDocument
  return {
    baseline,
    canSwap: baseline.kind === 'model' || isDocument,
    models: null,
    state: { kind: 'loading' },
    sections: inspection.sections.map(() => UNCOMPARED),
  }
}

const UNCOMPARED: ComparedSection = {
  tokens: [],
  next: null,
  shared: null,
  contextTokens: null,
  baselineOnly: [],
  isComplete: true,
}

/** The baseline that a new inspection takes over from the one that was shown before it. */
export function keptBaseline(inspection: Inspection, before: Inspection | undefined): Baseline | undefined {
  const baseline = before?.comparison?.baseline
  switch (baseline?.kind) {
    case undefined:
    case 'model':
      return baseline
    case 'context':
      return inspection.generation === undefined ? baseline : undefined
    case 'text':
      return inspection.generation === undefined && inspection.documentUri === before?.documentUri
        ? baseline
        : undefined
    default:
      return assertNever(baseline)
  }
}

export function isSameBaseline(a: Baseline, b: Baseline): boolean {
  return keyOf(a) === keyOf(b)
}

function keyOf(baseline: Baseline): string {
  switch (baseline.kind) {
    case 'model':
      return JSON.stringify([baseline.kind, baseline.id, baseline.precision])
    case 'text':
      return JSON.stringify([baseline.kind, baseline.source, baseline.uri])
    case 'context':
      return baseline.kind
    default:
      return assertNever(baseline)
  }
}
