/** A message has at most three quotations, so it never contains more than 200 characters of a file. */
const MAX_UNITS = 60

/** A name from a file, cut to a length that fits into a message; at most 60 UTF-16 units and an ellipsis. */
export function quoted(text: string): string {
  // A cut inside a surrogate pair would leave half a character.
  return text.length <= MAX_UNITS ? text : `${text.slice(0, MAX_UNITS).replace(/[\ud800-\udbff]$/, '')}…`
}

/**
 * A value of a JSON file as JSON, cut like a name. Lists and objects are only named, because they can be nested more
 * deeply than `JSON.stringify` can follow.
 */
export function quotedValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  return quoted(typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_UNITS + 1)) : String(value))
}
