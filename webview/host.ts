import { isRecord } from '../src/shared/isRecord'
import { METRICS, type Metric } from '../src/shared/numbers/metrics'
import { DEFAULT_TOP_K, MAX_TOP_K } from '../src/shared/contracts/prediction'
import type { PanelMessage, TokenAddress } from '../src/shared/contracts/protocol'
import { type ColourBy, COMPARED_COLOURS } from './state/colouring'
import { type Explained, parseExplained } from './state/explained'
import { parseLensCells } from './state/lens'
import type { LensCells } from './state/lensCells'
import { type OpenTabs, parseTabs } from './state/tabs'
import { parseWhyView, type WhyView } from './state/why'

/** What VS Code saves for the panel across reloads. The extension host keeps the results themselves. */
export interface SavedState {
  readonly inspectionId: string | null
  readonly picked: TokenAddress | null
  /** Scroll offset of the table in pixels. */
  readonly scroll: number
  readonly metric: Metric
  readonly comparedColour: ColourBy
  /** How many alternatives the open list of the Prediction tab has. */
  readonly k: number
  readonly tabs: OpenTabs
  readonly explained: Explained
  readonly lensCells: LensCells
  readonly whyView: WhyView
}

/** The panel's interface to VS Code: messages to the extension host, and the saved state. */
export interface Host {
  post(message: PanelMessage): void
  saveState(state: SavedState): void
  /** The state that was saved before a reload; defaults for missing or invalid fields. */
  loadState(): SavedState
}

interface VsCodeApi {
  postMessage(message: unknown): void
  getState(): unknown
  setState(state: unknown): void
}

declare function acquireVsCodeApi(): VsCodeApi

/** Connects to VS Code. A webview may do this only once. */
export function connectHost(): Host {
  const api = acquireVsCodeApi()
  return {
    post: (message) => {
      api.postMessage(message)
    },
    saveState: (state) => {
      api.setState(state)
    },
    loadState: () => parseSavedState(api.getState()),
  }
}

/** Validates a saved state, which an older version may have written. */
function parseSavedState(value: unknown): SavedState {
  const {
    inspectionId,
    picked,
    scroll,
    metric,
    comparedColour,
    k,
    tabs,
    explained,
    lensCells,
    whyView,
  }: Partial<Record<keyof SavedState, unknown>> = isRecord(value) ? value : {}
  return {
    inspectionId: typeof inspectionId === 'string' ? inspectionId : null,
    picked: isAddress(picked) ? picked : null,
    scroll: typeof scroll === 'number' && scroll >= 0 ? scroll : 0,
    metric: METRICS.find((known) => known === metric) ?? 'surprisal',
    comparedColour: COMPARED_COLOURS.find((known) => known === comparedColour) ?? 'delta',
    k: typeof k === 'number' && k >= 1 && k <= MAX_TOP_K ? Math.floor(k) : DEFAULT_TOP_K,
    tabs: parseTabs(tabs),
    explained: parseExplained(explained),
    lensCells: parseLensCells(lensCells),
    whyView: parseWhyView(whyView),
  }
}

function isAddress(value: unknown): value is TokenAddress {
  return isRecord(value) && Number.isSafeInteger(value.section) && Number.isSafeInteger(value.position)
}
