/** Maximum length of an external text in a message, in UTF-16 units. */
const MAX_UNITS = 400

/**
 * Makes an external text (a path, a server's answer, a system error) safe for notifications and dialogs: VS Code turns
 * `[…](…)` into links there, and after a line end the text could look like a part of our message.
 */
export function plainMessage(text: string): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('](', '] (')
    .trim()
  return plain.length > MAX_UNITS ? `${plain.slice(0, MAX_UNITS)}…` : plain
}
