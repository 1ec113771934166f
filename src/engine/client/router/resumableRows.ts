import type {
  EngineApi,
  EngineMethods,
  ScoreSummary,
  SideRequest,
} from '../../../shared/contracts/engine/engineApi'
import type { Backend, ModelInfo } from '../../../shared/contracts/engine/prediction'
import type { CallOptions } from '../../../shared/rpc'

/** One of the engines that the router chooses from. */
export interface RoutedEngine {
  readonly backend: Backend
  readonly api: EngineApi
}

/** A method whose rows arrive in order. */
export type RowsMethod = 'score' | 'lens' | 'compare'
type Request<M extends RowsMethod> = EngineMethods[M]['request']
type Progress<M extends RowsMethod> = EngineMethods[M]['progress']

/** A call that another engine continues after the last row that was delivered. */
export class ResumableRows<M extends RowsMethod> {
  private readonly rows: RowsOf<M>
  private delivered = 0
  /** The backend of the rows that were delivered or, before them, of the rest of the view. */
  private backend: Backend | undefined

  constructor(
    private readonly method: M,
    private readonly request: Request<M>,
    private readonly options: CallOptions<Progress<M>> = {},
  ) {
    this.rows = ROWS[method]
    this.backend = request.backend
  }

  /**
   * Computes the rows that are still missing. Reports `continued` before the first of them if the backend is another than
   * that of the rows before.
   */
  async runOn({ backend, api }: RoutedEngine): Promise<ScoreSummary> {
    // All rows may have arrived before the engine failed.
    if (this.delivered === this.request.targets.length) return { computedPositions: 0 }
    const { signal, onProgress: report } = this.options
    const isOther = this.backend !== undefined && this.backend !== backend
    let continued = isOther ? await this.rows.continued(api, this.request, signal) : undefined
    const onProgress = (progress: Progress<M>) => {
      const rows = this.rows.count(progress)
      if (rows > 0) {
        if (continued !== undefined) report?.(continued)
        continued = undefined
        this.backend = backend
      }
      report?.(progress)
      // Last, because rows that the caller rejects are computed again.
      this.delivered += rows
    }
    const rest = this.rows.without(this.request, this.delivered)
    return api[this.method](rest, { signal, onProgress })
  }
}

/** The functions that count the rows of a method and continue its request after the delivered ones. */
interface RowsOf<M extends RowsMethod> {
  /** The request without its first rows. */
  readonly without: (request: Request<M>, rows: number) => Request<M>
  readonly count: (progress: Progress<M>) => number
  /** The progress that reports that the next rows come from this engine. */
  readonly continued: (
    api: EngineApi,
    request: Request<M>,
    signal: AbortSignal | undefined,
  ) => Promise<Progress<M>>
}

const ROWS: { readonly [M in RowsMethod]: RowsOf<M> } = {
  score: {
    without: withoutRows,
    count: (progress) => (progress.kind === 'rows' ? progress.rows.logSumExp.length : 0),
    continued: async (api, request, signal) => ({
      kind: 'continued',
      model: await modelOf(api, request, signal),
    }),
  },
  lens: {
    without: withoutRows,
    count: (progress) => (progress.kind === 'rows' ? progress.rows.length : 0),
    continued: async (api, request, signal) => ({
      kind: 'continued',
      model: await modelOf(api, request, signal),
    }),
  },
  compare: {
    without: (request, rows) => ({
      ...withoutRows(request, rows),
      baseline: { ...request.baseline, firstRow: request.baseline.firstRow + rows },
    }),
    count: (progress) => (progress.kind === 'rows' ? progress.rows.kl.length : 0),
    continued: async (api, { baseline }, signal) => ({
      kind: 'continued',
      model: await api.model(undefined, { signal }),
      baseline: await modelOf(api, { baselineModel: baseline.model }, signal),
    }),
  },
}

function withoutRows<R extends { readonly firstRow: number; readonly targets: Int32Array }>(
  request: R,
  rows: number,
): R {
  return { ...request, firstRow: request.firstRow + rows, targets: request.targets.subarray(rows) }
}

/** The model that answers the request on this engine. */
export function modelOf(
  api: EngineApi,
  { baselineModel }: SideRequest,
  signal: AbortSignal | undefined,
): Promise<ModelInfo> {
  return baselineModel === undefined
    ? api.model(undefined, { signal })
    : api.loadBaseline(baselineModel, { signal })
}
