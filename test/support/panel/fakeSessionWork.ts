import type { ModelBaseline } from '../../../src/features/inspect/session/baselines'
import type { SessionWork } from '../../../src/features/inspect/session/sessionWork'
import type { BaselineSide, ComparisonListener } from '../../../src/prediction/compare/compareInspection'
import type {
  InspectionListener,
  PreparedInspection,
  SectionSequence,
} from '../../../src/prediction/windows/inspectDocument'
import type { Baseline } from '../../../src/shared/contracts/panel/comparison'
import { elementAt } from '../../../src/shared/elementAt'

/** A piece of work that a test ends. Nothing ends it when its signal aborts, as in an engine that notices late. */
export interface Step<Input, Result> {
  readonly input: Input
  readonly signal: AbortSignal
  readonly finish: (result: Result) => void
  readonly fail: (error: unknown) => void
}

/** Steps of one kind, the newest last. */
export class Steps<Input, Result> {
  readonly all: Step<Input, Result>[] = []

  /** The steps that nothing has cancelled. */
  get active(): readonly Step<Input, Result>[] {
    return this.all.filter(({ signal }) => !signal.aborted)
  }

  get newest(): Step<Input, Result> {
    return elementAt(this.all, this.all.length - 1)
  }

  readonly begin = (input: Input, signal: AbortSignal): Promise<Result> =>
    new Promise((finish, fail) => this.all.push({ input, signal, finish, fail }))
}

interface ScoreInput {
  readonly run: PreparedInspection
  readonly listener: InspectionListener
}

interface CompareInput {
  readonly baseline: BaselineSide
  readonly listener: ComparisonListener
}

/** The work of a session in the hands of a test. */
export class FakeSessionWork implements SessionWork {
  readonly scores = new Steps<ScoreInput, void>()
  readonly baselines = new Steps<Baseline, BaselineSide>()
  readonly comparisons = new Steps<CompareInput, void>()
  readonly errors: string[] = []
  unloads = 0
  readonly explanations: SessionWork['explanations'] = {
    lens: unavailable,
    attribution: unavailable,
    lensOf: unavailable,
    contextCurves: unavailable,
    knockout: unavailable,
    firstTokenOf: unavailable,
  }
  readonly logits = unavailable

  score(run: PreparedInspection, listener: InspectionListener, { signal }: { readonly signal: AbortSignal }) {
    return this.scores.begin({ run, listener }, signal)
  }

  prepareBaseline(baseline: Baseline, _: unknown, signal: AbortSignal): Promise<BaselineSide> {
    return this.baselines.begin(baseline, signal)
  }

  sideOfModel({ id, precision }: ModelBaseline, sequences: readonly SectionSequence[]): BaselineSide {
    return { model: { location: { id, folder: '', description: '', storage: 'user' }, precision }, sequences }
  }

  compare(
    { baseline }: { readonly baseline: BaselineSide },
    listener: ComparisonListener & { readonly signal: AbortSignal },
  ): Promise<void> {
    return this.comparisons.begin({ baseline, listener }, listener.signal)
  }

  unloadBaseline(): Promise<void> {
    this.unloads++
    return Promise.resolve()
  }

  logError(what: string): void {
    this.errors.push(what)
  }
}

function unavailable(): Promise<never> {
  return Promise.reject(new Error('the engine is unavailable'))
}

/** Resolves when all promises that are settled by now have called their listeners. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
