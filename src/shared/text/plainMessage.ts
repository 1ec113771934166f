/** More of a foreign text than this does not help whoever reads it. */
const MAX_UNITS = 400

/**
 * A text from outside (a path, a server's word, an error of the system) as it may stand in a notification or a
 * question: VS Code makes links of `[…](…)` there, and a line end would let it look like something of ours.
 */
export function plainMessage(text: string): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll('](', '] (')
    .trim()
  return plain.length > MAX_UNITS ? `${plain.slice(0, MAX_UNITS)}…` : plain
}
