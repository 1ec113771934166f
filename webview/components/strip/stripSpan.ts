import { html, nothing, type TemplateResult } from 'lit'

import { elementAt } from '../../../src/shared/elementAt'
import type { TextSpan } from '../../../src/shared/text/textSpans'
import { showToken } from '../../../src/shared/text/tokenText'
import type { TokenAddress } from '../../../src/shared/contracts/panel/protocol'
import type { Colouring } from '../../state/rows/colouring'
import type { Row } from '../../state/rows/rows'
import { runningTextTemplate } from '../../tokens/pieces'
import type { TokenLabels } from '../../tokens/tokenLabels'
import { type Insertion, speakInsertion } from './insertion'

/** The tool tip of a character lists at most this many of its tokens. */
const MAX_LISTED_TOKENS = 12

export interface SpanContext {
  readonly labels: TokenLabels
  readonly colouring: Colouring
  /** The picked position if it is one of the span's tokens. */
  readonly picked: number | null
  /** It is the first of the spans that have the picked token. */
  readonly isActive: boolean
  /** The tokens before it that only the baseline's text has; null if there are none. */
  readonly after: Insertion | null
}

/** The DOM id of the span that stands for a picked token. */
export function spanId({ section, position }: TokenAddress): string {
  return `text-${section}-${position}`
}

/** A span of the running text. `rows` are those of its tokens; several tokens share the character of the span. */
export function spanTemplate(
  { pieces }: TextSpan,
  rows: readonly Row[],
  { labels, colouring, picked, isActive, after }: SpanContext,
): TemplateResult {
  const first = elementAt(rows, 0)
  const last = elementAt(rows, rows.length - 1)
  const shared = rows.length > 1
  const pickedRow = isActive ? rows.find(({ position }) => position === picked) : undefined
  return html`<span
    role="option"
    class=${spanClass(rows, { colouring, picked })}
    id=${pickedRow === undefined ? nothing : spanId(pickedRow)}
    aria-selected=${picked !== null}
    aria-label=${pickedRow === undefined ? nothing : speak(pickedRow, { labels, colouring, after })}
    data-position=${first.position}
    data-last=${shared ? last.position : nothing}
    title=${shared ? sharedTitle(rows, { labels, colouring }) : `token ${first.position}, ${valueText(first, colouring)}`}
    >${runningTextTemplate(pieces)}</span
  >`
}

function spanClass(
  rows: readonly Row[],
  { colouring, picked }: Pick<SpanContext, 'colouring' | 'picked'>,
): string {
  const classes = ['token', colouring.classOf(rows)]
  if (rows.length > 1) classes.push('shared')
  if (rows.some(({ stale }) => stale)) classes.push('stale')
  if (rows.some(({ typed }) => typed)) classes.push('typed')
  if (picked !== null) classes.push('picked')
  return classes.join(' ')
}

function sharedTitle(
  rows: readonly Row[],
  { labels, colouring }: Pick<SpanContext, 'labels' | 'colouring'>,
): string {
  const [first, last] = [elementAt(rows, 0), elementAt(rows, rows.length - 1)]
  const lines = rows.slice(0, MAX_LISTED_TOKENS).map((row) => {
    const text = row.token === null ? '' : showToken(labels.bytesOf(row.token.tokenId))
    return `token ${row.position} ${text}, ${valueText(row, colouring)}`
  })
  if (rows.length > MAX_LISTED_TOKENS) lines.push(`and ${rows.length - MAX_LISTED_TOKENS} more`)
  return [`tokens ${first.position}–${last.position} share this character`, ...lines].join('\n')
}

function valueText(row: Row, colouring: Colouring): string {
  return `${colouring.valueText(row)}${row.typed ? ', typed' : ''}`
}

function speak(
  row: Row,
  { labels, colouring, after }: Pick<SpanContext, 'labels' | 'colouring' | 'after'>,
): string {
  const text = row.token === null ? '' : `${labels.speak(row.token.tokenId)}, `
  const before = after === null ? '' : `, after ${speakInsertion(after, labels)}`
  return `token ${row.position}, ${text}${valueText(row, colouring)}${before}`
}
