import { html, type TemplateResult } from 'lit'

import { assertNever } from '../../src/shared/assertNever'
import type { TokenPiece } from '../../src/shared/text/tokenText'

/** A token in a row or a list: on one line, with all white space visible. */
export function tokenTemplate(pieces: readonly TokenPiece[]): unknown {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.shown : mark(piece.shown)))
}

/** A token in the running text: spaces stay spaces, and a newline breaks the line after its mark. */
export function runningTextTemplate(pieces: readonly TokenPiece[]): unknown {
  return pieces.map((piece) => {
    switch (piece.kind) {
      case 'text':
        return piece.shown
      case 'space':
        return piece.source
      case 'newline':
      case 'tab':
        return Array.from(piece.source, (character, i) => [mark(piece.shown.charAt(i)), character])
      case 'mark':
        return mark(piece.shown)
      default:
        return assertNever(piece.kind)
    }
  })
}

function mark(shown: string): TemplateResult {
  return html`<span class="mark">${shown}</span>`
}
