/** Maximum length of an external text in a message, in UTF-16 units. */
const MAX_UNITS = 400

/**
 * Makes an external text (a path, a server's answer, a system error) safe for messages, lists and the status bar: VS Code
 * turns `[…](…)` into links and `$(…)` into icons there, and after a line end the text could look like a part of our
 * message.
 */
export function plainMessage(text: string): string {
  const plain = oneLine(text).replaceAll('](', '] (').replaceAll('$(', '$ (').trim()
  return plain.length > MAX_UNITS ? `${plain.slice(0, MAX_UNITS)}…` : plain
}

/** Replaces line ends, tabs and other characters that are not visible, in names that come from outside. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
