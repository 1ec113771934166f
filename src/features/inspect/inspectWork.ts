import { type Log, logError } from '../../editor/log'
import { readSettings } from '../../editor/settings'
import { type BaselineSide, compareInspection } from '../../prediction/compare/compareInspection'
import type { Comparisons } from '../../prediction/compare/comparisons'
import type { Explanations } from '../../prediction/explain/explanations'
import { prepareInspection, runInspection } from '../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import { type BaselineTexts, shownText } from './commands/compare/baselineTexts'
import { BaselineTextError } from './session/baselines'
import type { SessionWork } from './session/sessionWork'

export interface InspectWorkOptions {
  readonly service: PredictionService
  readonly explanations: Explanations
  readonly comparisons: Comparisons
  readonly texts: BaselineTexts
  readonly log: Log
  /** The place of a model, which is named by its id or its folder. */
  readonly locate: (model: string) => ModelLocation
}

/** The work of a session, carried out by the engine on texts of the editor. */
export function inspectWork(options: InspectWorkOptions): SessionWork {
  const { service, explanations, comparisons, texts, log, locate } = options
  const sideOfModel: SessionWork['sideOfModel'] = ({ id, precision }, sequences): BaselineSide => ({
    model: { location: locate(id), precision },
    sequences,
  })
  return {
    explanations,
    logits: (request, logitsOptions) => service.logits(request, logitsOptions),
    score: (run, listener, scoreOptions) => runInspection(service, run, listener, scoreOptions),
    prepareBaseline: async (baseline, shown, signal) => {
      if (baseline.kind !== 'model')
        return prepareInspection(service, await texts.requestFor(baseline, await shownText(shown)), signal)
      const { id, precision } = baseline
      const { model } = shown.run.inspection
      if (id === readSettings().model && precision === model.precision)
        throw new BaselineTextError(
          `${model.id} in ${precision} is the shown model now. Choose another baseline.`,
        )
      return sideOfModel(baseline, shown.run.sequences)
    },
    sideOfModel,
    compare: (sides, listener) => compareInspection(comparisons, sides, listener),
    unloadBaseline: () => comparisons.end(),
    logError: (what, error) => void logError(log, what, error),
  }
}
