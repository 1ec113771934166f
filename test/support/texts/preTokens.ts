import fc from 'fast-check'

/** Elements of pre-tokens, each list of one character class. */
const ELEMENTS = [
  ['a', 'b', 'e', 'i', 'n', 'r', 's', 't', 'A', 'Z'],
  ['the', 'ing', 'tion', 'x', 'é', 'ß', 'я', '日', '本', '語', '한', '𝒜', 'क'],
  ['0', '1', '7', '00', '2024', '½', '٣', '𝟘'],
  ['=', '-', '--', '*', '/', '.', '_', '(', ')', '"', "'", '{', '}', '->'],
  ['😀', '👋', '🏽', '\u200d', '\ufe0f', '\u0301', '\ufeff', '\u0000', '→', '\ufffd', '\ua7ce'],
  [' ', '\n', '\t', '\u00a0', '\u0085', '\u2028', '\u3000'],
]

/** Texts that are one pre-token: random characters of a class, and runs of one or two of them. */
export const preTokens: fc.Arbitrary<string> = fc.constantFrom(...ELEMENTS).chain((elements) => {
  const element = fc.constantFrom(...elements)
  const run = fc
    .tuple(fc.array(element, { minLength: 1, maxLength: 2 }), fc.integer({ min: 1, max: 150 }))
    .map(([unit, count]) => unit.join('').repeat(count))
  const parts = fc.array(fc.oneof({ weight: 4, arbitrary: element }, { weight: 1, arbitrary: run }), {
    minLength: 1,
    maxLength: 120,
  })
  return fc
    .tuple(elements.includes(' ') ? fc.constant('') : fc.constantFrom('', ' '), parts)
    .map(([space, all]) => `${space}${all.join('')}`)
})
