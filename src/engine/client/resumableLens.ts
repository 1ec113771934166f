import type { LensProgress, LensRequest, ScoreSummary } from '../../shared/contracts/engineApi'
import type { CallOptions } from '../../shared/rpc'
import type { RoutedEngine } from './resumableScore'

/** A `lens` that another engine continues after the last row that was delivered. */
export class ResumableLens {
  private nextRow: number

  constructor(
    private readonly request: LensRequest,
    private readonly options: CallOptions<LensProgress> = {},
  ) {
    this.nextRow = request.firstRow
  }

  /** Computes the rows that are still missing. */
  async runOn({ api }: Pick<RoutedEngine, 'api'>): Promise<ScoreSummary> {
    const { firstRow, endRow, targets } = this.request
    // All rows may have arrived before the engine failed.
    if (this.nextRow === endRow) return { computedPositions: 0 }
    const rest = {
      ...this.request,
      firstRow: this.nextRow,
      targets: targets.subarray(this.nextRow - firstRow),
    }
    return api.lens(rest, {
      ...this.options,
      onProgress: (progress) => {
        this.options.onProgress?.(progress)
        // Last, because rows that the caller rejects are computed again.
        this.nextRow += progress.rows.length
      },
    })
  }
}
