import type { EngineApi, ScoreProgress, ScoreRequest, ScoreSummary } from '../../shared/contracts/engineApi'
import type { Backend } from '../../shared/contracts/prediction'
import type { CallOptions } from '../../shared/rpc'

/** One of the engines that the router chooses from. */
export interface RoutedEngine {
  readonly backend: Backend
  readonly api: EngineApi
}

/** A `score` that another engine continues after the last row that was delivered. */
export class ResumableScore {
  private nextRow: number

  constructor(
    private readonly request: ScoreRequest,
    private readonly options: CallOptions<ScoreProgress> = {},
  ) {
    this.nextRow = request.firstRow
  }

  /**
   * Scores the rows that are still missing. Reports `continued` before the first of them if the engine's backend is not
   * the requested one.
   */
  async runOn({ backend, api }: RoutedEngine): Promise<ScoreSummary> {
    const { signal, onProgress: report } = this.options
    const isOther = this.request.backend !== undefined && this.request.backend !== backend
    let continuing = isOther ? await api.model(undefined, { signal }) : undefined
    const onProgress = (progress: ScoreProgress) => {
      if (progress.kind === 'rows' && continuing !== undefined) {
        report?.({ kind: 'continued', model: continuing })
        continuing = undefined
      }
      report?.(progress)
      // Last, because rows that the caller rejects are computed again.
      if (progress.kind === 'rows') this.nextRow += progress.rows.logSumExp.length
    }
    return api.score(this.rest(), { ...this.options, onProgress })
  }

  private rest(): ScoreRequest {
    const { firstRow, targets } = this.request
    return { ...this.request, firstRow: this.nextRow, targets: targets.subarray(this.nextRow - firstRow) }
  }
}
