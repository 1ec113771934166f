import references from '../../fixtures/reference/mini.json'

/** A text with the numbers of the reference implementation. */
export type Reference = (typeof references)[number]

/** @throws Error if there is no reference text of this name */
export function referenceOf(name: string): Reference {
  const found = references.find((reference) => reference.name === name)
  if (found === undefined) throw new Error(`There is no reference text ${name}.`)
  return found
}
