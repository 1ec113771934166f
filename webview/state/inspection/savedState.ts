import { DEFAULT_TOP_K, MAX_TOP_K } from '../../../src/shared/contracts/engine/prediction'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import { isRecord } from '../../../src/shared/isRecord'
import { METRICS, type Metric } from '../../../src/shared/numbers/metrics'
import { parseLensCells } from '../explanations/lens'
import type { LensCells } from '../explanations/lensCells'
import { parseWhyView, type WhyView } from '../explanations/why'
import { type ColourBy, COMPARED_COLOURS } from '../rows/colouring'
import { type Explained, parseExplained } from './explained'
import { type OpenTabs, parseTabs } from './tabs'

/** The state of the panel that VS Code saves across reloads. The extension host keeps the results themselves. */
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

/** Validates a saved state, which an older version may have written. */
export function parseSavedState(value: unknown): SavedState {
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
