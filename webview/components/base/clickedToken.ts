import type { TokenAddress } from '../../../src/shared/contracts/protocol'

/** The address of the clicked token; null if the click hit no token or ended a text selection. */
export function clickedToken({ target }: MouseEvent): TokenAddress | null {
  const token = (target as Element).closest<HTMLElement>('[data-position]')
  const section = token?.closest<HTMLElement>('[data-section]')
  const selecting = getSelection()?.isCollapsed === false
  if (token === null || section === null || section === undefined || selecting) return null
  return { section: Number(section.dataset.section), position: Number(token.dataset.position) }
}
