import fc from 'fast-check'

const AWKWARD = [
  '\r\n', '\r', '\n', '\n\n\r\n', '\t', ' ', '  ', '       ', '\u00a0', '\u0085', '\u2028', '\u3000', '\ufeff', '\u200b', '\u202e',
  '\ud800', '\udc00', '\udbff\ud800', 'e\u0301', 'a\u0300\u0316', '👋', '👋🏽', '👩\u200d👩\u200d👧', '🏳️\u200d🌈', '🇩🇪',
  'naïve', '日本語', 'हिन्दी', '𝒜', '\ufffd', '\u0000', "'ll", "'S", '<|endoftext|>', '=12', ' the',
] // prettier-ignore

/** Texts that break tokenizers: split characters, lone surrogates, line ends, runs of white space, random text. */
export const unicodeTexts: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...AWKWARD),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''))
