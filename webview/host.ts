import { METRICS, type Metric } from '../src/shared/numbers/metrics'
import { DEFAULT_TOP_K, MAX_TOP_K } from '../src/shared/contracts/prediction'
import type { PanelMessage, TokenAddress } from '../src/shared/contracts/protocol'

/** What VS Code keeps for the panel across reloads; the results themselves are the host's to keep. */
export interface KeptState {
  readonly inspectionId: string | null
  readonly picked: TokenAddress | null
  /** Pixels that the table is scrolled by. */
  readonly scroll: number
  readonly metric: Metric
  /** How many alternatives the detail pane lists. */
  readonly k: number
}

/** The extension host, as the panel sees it. */
export interface Host {
  post(message: PanelMessage): void
  keep(state: KeptState): void
  kept(): KeptState
}

interface VsCodeApi {
  postMessage(message: unknown): void
  getState(): unknown
  setState(state: unknown): void
}

declare function acquireVsCodeApi(): VsCodeApi

export function connectHost(): Host {
  const api = acquireVsCodeApi()
  return {
    post: (message) => {
      api.postMessage(message)
    },
    keep: (state) => {
      api.setState(state)
    },
    kept: () => parseKeptState(api.getState()),
  }
}

/** Whatever an older version may have kept, only what is of use today comes back. */
function parseKeptState(value: unknown): KeptState {
  const kept = (typeof value === 'object' ? value : null) as Partial<Record<keyof KeptState, unknown>> | null
  const { inspectionId, picked, scroll, metric, k } = kept ?? {}
  return {
    inspectionId: typeof inspectionId === 'string' ? inspectionId : null,
    picked: isAddress(picked) ? picked : null,
    scroll: typeof scroll === 'number' && scroll >= 0 ? scroll : 0,
    metric: METRICS.find((known) => known === metric) ?? 'surprisal',
    k: typeof k === 'number' && k >= 1 && k <= MAX_TOP_K ? Math.floor(k) : DEFAULT_TOP_K,
  }
}

function isAddress(value: unknown): value is TokenAddress {
  if (typeof value !== 'object' || value === null) return false
  const { section, position } = value as Partial<TokenAddress>
  return Number.isSafeInteger(section) && Number.isSafeInteger(position)
}
