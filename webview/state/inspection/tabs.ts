import { isRecord } from '../../../src/shared/isRecord'

/** The two places of the work area: the whole text, and the picked token. */
export type Place = 'main' | 'detail'
export type MainTab = 'tokens' | 'lens'
export type DetailTab = 'prediction' | 'why'

export interface Tab {
  readonly id: MainTab | DetailTab
  readonly place: Place
  readonly label: string
}

/** All tabs in the order shown: in one row in a narrow panel, in a row for each place in a wide one. */
export const TABS: readonly Tab[] = [
  { id: 'tokens', place: 'main', label: 'Tokens' },
  { id: 'lens', place: 'main', label: 'Lens' },
  { id: 'prediction', place: 'detail', label: 'Prediction' },
  { id: 'why', place: 'detail', label: 'Why' },
]

/** The open tab of each place; a narrow panel has room for only one place, `front`. */
export interface OpenTabs {
  readonly main: MainTab
  readonly detail: DetailTab
  readonly front: Place
}

export const INITIAL_TABS: OpenTabs = { main: 'tokens', detail: 'prediction', front: 'main' }

/** The tabs after a tab was opened. */
export function openTab(tabs: OpenTabs, { id, place }: Tab): OpenTabs {
  return { ...tabs, [place]: id, front: place }
}

/** Validates what an older version may have saved. */
export function parseTabs(value: unknown): OpenTabs {
  if (!isRecord(value)) return INITIAL_TABS
  const { main, detail, front } = value
  return {
    main: main === 'lens' ? main : 'tokens',
    detail: detail === 'why' ? detail : 'prediction',
    front: front === 'detail' ? front : 'main',
  }
}
