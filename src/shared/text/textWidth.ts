// Widths of texts in cells of a fixed-width font.

export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** Pads a text with spaces, or truncates it with an ellipsis, to `width` cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = textWidth(text) > width ? cut(text, width) : text
  const space = ' '.repeat(width - textWidth(shown))
  return align === 'left' ? shown + space : space + shown
}

function cut(text: string, width: number): string {
  let shown = ''
  let used = 1 // the ellipsis
  for (const character of text) {
    used += characterWidth(character)
    if (used > width) break
    shown += character
  }
  return `${shown}…`
}

function characterWidth(character: string): number {
  if (NO_WIDTH.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

const NO_WIDTH = /^[\p{Mn}\p{Me}]$/u
/** Emoji and the Unicode blocks that East Asian fonts draw two cells wide. */
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u
