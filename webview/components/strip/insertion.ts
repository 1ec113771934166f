import { html, type TemplateResult } from 'lit'

import type { BaselineOnlyTokens } from '../../../src/shared/contracts/panel/comparison'
import { concatBytes } from '../../../src/shared/bytes'
import { formatCounted } from '../../../src/shared/text/format'
import { speakToken, tokenPieces } from '../../../src/shared/text/tokenText'
import { tokenTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** Tokens that only the baseline's text has, and what its side is called. */
export interface Insertion extends BaselineOnlyTokens {
  readonly side: string
}

/** Before which token of the section they stand: those in a block of the text, the last of which also ends it. */
export function insertionsIn(
  insertions: readonly Insertion[],
  { start, end, isLast }: { readonly start: number; readonly end: number; readonly isLast: boolean },
): readonly Insertion[] {
  const found = insertions.filter(
    ({ position }) => position >= start && (position < end || (isLast && position === end)),
  )
  return found.length === 0 ? NO_INSERTIONS : found
}

export const NO_INSERTIONS: readonly Insertion[] = []

/** At most this many of the tokens are shown and read out. */
const MAX_SHOWN_TOKENS = 24

/** Text of the baseline between two tokens, in one line. It is no token of the shown text: it cannot be picked. */
export function insertionTemplate(insertion: Insertion, labels: TokenLabels): TemplateResult {
  const hidden = insertion.tokenIds.length - MAX_SHOWN_TOKENS
  return html`<span
    role="option"
    class="token only-baseline"
    aria-disabled="true"
    aria-selected="false"
    aria-label=${speakInsertion(insertion, labels)}
    title=${describe(insertion)}
    >${tokenTemplate(tokenPieces(bytesOf(insertion, labels)))}${hidden > 0 ? html`<small>… ${hidden} more</small>` : ''}</span
  >`
}

/** `2 tokens only in saved: Syntax, leading space` */
export function speakInsertion(insertion: Insertion, labels: TokenLabels): string {
  const hidden = insertion.tokenIds.length - MAX_SHOWN_TOKENS
  const more = hidden > 0 ? `, and ${hidden} more` : ''
  return `${describe(insertion)}: ${speakToken(bytesOf(insertion, labels))}${more}`
}

function describe({ tokenIds, side }: Insertion): string {
  return `${formatCounted(tokenIds.length, 'token')} only in ${side}`
}

function bytesOf({ tokenIds }: Insertion, labels: TokenLabels): Uint8Array {
  return concatBytes(tokenIds.slice(0, MAX_SHOWN_TOKENS).map((tokenId) => labels.bytesOf(tokenId)))
}
