import { type Log, logError } from '../../../editor/log'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import type { RequestLogitsMessage } from '../../../shared/contracts/panel/protocol'
import { REPLACED_RUN, type ShownRun } from './shownRun'

export interface LogitsRequestsOptions {
  readonly service: Pick<PredictionService, 'logits'>
  readonly log: Log
  readonly shown: ShownRun
}

/** Answers requests for the full row of logits of a token. */
export class LogitsRequests {
  constructor(private readonly options: LogitsRequestsOptions) {}

  /** Posts `logits` or `logitsFailed`. */
  async answer({ inspectionId, section, position }: RequestLogitsMessage): Promise<void> {
    const { service, log, shown } = this.options
    const run = shown.run()
    const sequence = run?.sequences.at(section)
    const address = { inspectionId, section, position }
    if (run?.inspection.id !== inspectionId || sequence === undefined) {
      shown.post({ type: 'logitsFailed', ...address, message: REPLACED_RUN })
      return
    }
    const { tokenIds, from, to } = sequence
    const { startToken, model } = run.inspection
    try {
      const logits = await service.logits({ tokenIds, to, startToken, model, token: from + position })
      shown.post({ type: 'logits', ...address, logits })
    } catch (error) {
      const message = logError(log, 'Loading the row of logits failed', error)
      shown.post({ type: 'logitsFailed', ...address, message })
    }
  }
}
