import { type ExplanationWork, RunExplanations } from '../../../src/features/inspect/session/runExplanations'
import { type InspectionRun, UNEXPLAINED } from '../../../src/features/inspect/session/inspectionRun'
import type { BaselineSide } from '../../../src/prediction/compare/compareInspection'
import type { SectionSequence } from '../../../src/prediction/windows/inspectDocument'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'

const unavailable = () => Promise.reject(new Error('the engine is unavailable'))

/** Explanations of which each rejects. */
export const UNAVAILABLE: ExplanationWork['explanations'] = {
  lens: unavailable,
  attribution: unavailable,
  lensOf: unavailable,
  contextCurves: unavailable,
  knockout: unavailable,
  firstTokenOf: unavailable,
}

export interface ExplainedRunOptions {
  /** Default: UNAVAILABLE. */
  readonly explanations?: ExplanationWork['explanations']
  /** Default: rejects. */
  readonly logits?: ExplanationWork['logits']
  /** Default: the run is not compared. */
  readonly baselineSide?: () => BaselineSide
}

/** A shown run and the explanations of it. */
export class ExplainedRun {
  readonly explanations: RunExplanations
  private changes = 0

  /** @param run the shown run, which a test may replace */
  constructor(
    public run: InspectionRun,
    { explanations = UNAVAILABLE, logits = unavailable, baselineSide = notCompared }: ExplainedRunOptions,
  ) {
    this.explanations = new RunExplanations({
      work: { explanations, logits },
      run: () => this.run,
      baselineSide,
      keep: (change) => {
        this.changes++
        this.run = change(this.run)
      },
    })
  }

  /** How often explanations were kept with the shown run. */
  get changeCount(): number {
    return this.changes
  }
}

/** A run of an inspection with one section. */
export function unexplainedRun(inspection: Inspection, sequence: SectionSequence): InspectionRun {
  return {
    inspection,
    sequences: [sequence],
    textDigest: '',
    wholeDocument: true,
    seconds: 0,
    ...UNEXPLAINED,
  }
}

function notCompared(): never {
  throw new Error('nothing is compared')
}
