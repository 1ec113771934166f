import type { TokenAddress } from '../../../src/shared/contracts/protocol'

/** The token that was clicked; null beside all tokens, and where the click ends a selection of text. */
export function clickedToken({ target }: MouseEvent): TokenAddress | null {
  const token = (target as Element).closest<HTMLElement>('[data-position]')
  const section = token?.closest<HTMLElement>('[data-section]')
  const selecting = getSelection()?.isCollapsed === false
  if (token === null || section === null || section === undefined || selecting) return null
  return { section: Number(section.dataset.section), position: Number(token.dataset.position) }
}
