import type { BaselineSide, ComparisonListener } from '../../../prediction/compare/compareInspection'
import type {
  InspectionListener,
  PreparedInspection,
  SectionSequence,
} from '../../../prediction/windows/inspectDocument'
import type { Baseline } from '../../../shared/contracts/panel/comparison'
import type { ModelBaseline } from './baselines'
import type { ExplanationWork } from './runExplanations'
import type { ShownRun } from './sessionState'

/** The work that a session starts. It is passed in, so that a session needs neither VS Code nor an engine. */
export interface SessionWork extends ExplanationWork {
  /** Scores the tokens of a run that are not scored yet. */
  score(
    run: PreparedInspection,
    listener: InspectionListener,
    options: { readonly signal: AbortSignal },
  ): Promise<void>
  /**
   * Finds the tokens of the baseline's side.
   * @throws BaselineTextError if the run cannot be compared with it
   */
  prepareBaseline(baseline: Baseline, shown: ShownRun, signal: AbortSignal): Promise<BaselineSide>
  /** The side of a baseline that has the tokens of the shown side. */
  sideOfModel(baseline: ModelBaseline, sequences: readonly SectionSequence[]): BaselineSide
  compare(
    sides: { readonly shown: PreparedInspection; readonly baseline: BaselineSide },
    listener: ComparisonListener & { readonly signal: AbortSignal },
  ): Promise<void>
  /** Unloads the model of the baseline, if one is loaded. */
  unloadBaseline(): Promise<void>
  logError(what: string, error: unknown): void
}
