import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'

/** The address of the clicked token; null if the click hit no token or ended a text selection. */
export function clickedToken(event: MouseEvent): TokenAddress | null {
  const selecting = getSelection()?.isCollapsed === false
  return selecting ? null : tokenUnder(event)
}

/** The address of the token under the pointer; null if there is no token. */
export function tokenUnder({ target }: Event): TokenAddress | null {
  if (!(target instanceof Element)) return null
  const token = target.closest<HTMLElement>('[data-position]')
  const section = token?.closest<HTMLElement>('[data-section]')
  if (token === null || section === null || section === undefined) return null
  return { section: Number(section.dataset.section), position: Number(token.dataset.position) }
}
