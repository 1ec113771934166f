/** The two places of the work area: the whole text, and the picked token. */
export type Place = 'main' | 'detail'
export type MainTab = 'tokens'
export type DetailTab = 'prediction'

export interface Tab {
  readonly id: MainTab | DetailTab
  readonly place: Place
  readonly label: string
}

/** All tabs in the order shown: in one row in a narrow panel, in a row for each place in a wide one. */
export const TABS: readonly Tab[] = [
  { id: 'tokens', place: 'main', label: 'Tokens' },
  { id: 'prediction', place: 'detail', label: 'Prediction' },
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
