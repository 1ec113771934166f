// Texts that are hard for a tokenizer: long runs of one character class, text without white space, characters whose
// class depends on the Unicode version, characters that tokens split.

/** A text that can be made of any length. */
export interface HardText {
  readonly name: string
  /** A text of `units` UTF-16 units, or a few more; the same in every call. */
  readonly ofLength: (units: number) => string
}

/** White space of every kind, except for a carriage return. */
const WHITE_SPACE = [
  '\t', '\n', '\v', '\f', ' ', '\u0085', '\u00a0', '\u1680', '\u2000', '\u2003', '\u2009', '\u2028', '\u2029', '\u202f', '\u205f',
  '\u3000',
] // prettier-ignore
/** Some of them are white space for other definitions. */
const INVISIBLE = ['\u180e', '\ufeff', '\u200b', '\u200d', '\u2060', '\u00ad']
const LONE_SURROGATES = ['\ud800', '\udbff', '\udc00', '\udfff']
const EMOJI = ['😀', '👋🏽', '👩\u200d👩\u200d👧', '🏳️\u200d🌈', '🇩🇪', '🫠', '☃', '❤️']
const CJK = [...'吾輩は猫である名前はまだ無い中华人民共和国한국어텍스트'.normalize('NFC')]
const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz']
const BASE64 = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/']
/** Letters, digits, marks and a symbol of several scripts, some of them newer than tiktoken's tables. */
const SCRIPTS = [
  'a', 'Z', 'ß', 'é', 'я', 'Ω', 'ש', 'ع', 'क', 'ि', 'ก', '่', '日', 'か', '한', '𝒜', '𐍈', '\ua7ce', '\ua7cb', '\u1c89', '٣', '７',
  '½', 'Ⅷ', '𝟘', '→', '€', '_',
] // prettier-ignore
const MARKS = ['\u0301', '\u0316', '\u20dd', '\u0e48', '\u093f', '\ufe0f']

export const HARD_TEXTS: readonly HardText[] = [
  repeated('one letter', 'a'),
  repeated('one digit', '7'),
  repeated('one mark', '='),
  repeated('spaces', ' '),
  repeated('line feeds', '\n'),
  repeated('CRLFs', '\r\n'),
  repeated('carriage returns before CRLFs', '\r\r\n'),
  repeated('line separators', '\u2028'),
  repeated('ideographic spaces', '\u3000'),
  repeated('next lines', '\u0085'),
  repeated('byte order marks', '\ufeff'),
  repeated('one emoji', '😀'),
  repeated('one ideograph', '中'),
  repeated('apostrophes', "'"),
  repeated('contractions', "'s'll're'"),
  repeated('almost contractions', "'r'v'l' '"),
  repeated('lone high surrogates', '\ud83d'),
  repeated('NUL', '\0'),
  repeated('marks before a letter that tiktoken does not know', `${'!'.repeat(30)}\ua7ce`),
  repeated('long runs of emoji', `${'😀'.repeat(4999)}a`),
  repeated('long runs of digits', `${'7'.repeat(9999)}a`),
  repeated('long runs of an ideograph', `${'中'.repeat(9999)} `),
  repeated(
    'runs at the length where tiktoken ends',
    `${'ab'.repeat(42)} ${'x'.repeat(85)} ${'y'.repeat(86)}  \n\n`,
  ),
  repeated(
    'white space before long words',
    `\n\n${'x'.repeat(100)}\n  ${'ä'.repeat(100)}\r\n\r\n${'7'.repeat(100)}`,
  ),
  repeated('a letter and a line feed', 'x\n'),
  repeated('combining marks on one letter', 'e\u0301\u0316'),
  random('letters', ALPHABET),
  random('digits', [...'0123456789']),
  random('base64', BASE64),
  random('base64 in lines', [...BASE64, '\n']),
  random('hexadecimal', [...'0123456789abcdef']),
  random('ideographs without spaces', CJK),
  random('emoji', EMOJI),
  random('white space', WHITE_SPACE),
  random('white space with CRLF', [...WHITE_SPACE, '\r', '\r\n']),
  random('white space and invisible characters', [...WHITE_SPACE, ...INVISIBLE]),
  random('lone surrogates', LONE_SURROGATES),
  random('lone surrogates and pairs', [...LONE_SURROGATES, ...EMOJI]),
  random('mixed scripts', SCRIPTS),
  random('mixed scripts with spaces', [...SCRIPTS, ' ', ' ', '\n']),
  random('words of about a hundred letters', [
    'qwzxvkjhgfdmnbp',
    'thequickbrownfox',
    'aeiouaeiou',
    'äöüéèß',
    ' ',
  ]),
  random('combining marks', [...MARKS, ...ALPHABET]),
  random('only combining marks', MARKS),
  random('brackets and operators', [...'(){}[]<>=+-*/%&|^!~?:;,.#@"`\\']),
  random('apostrophes and letters', [..."''' strvemld"]),
  random('words of code in one line', [
    'const ',
    'x',
    ' = ',
    'await ',
    '(',
    ')',
    ';',
    'y',
    '12',
    '.',
    'length',
    '{',
    '}',
  ]),
  random('words of code in lines', [
    'const ',
    'x',
    ' = ',
    '\n',
    '\n    ',
    ');\r\n',
    'return ',
    '42',
    "'",
    '\t',
  ]),
  random('everything', [
    ...WHITE_SPACE, ...INVISIBLE, ...LONE_SURROGATES, ...EMOJI, ...CJK, ...ALPHABET, ...SCRIPTS, ...MARKS, "'ll", '\r\n',
  ]), // prettier-ignore
]

function repeated(name: string, unit: string): HardText {
  return { name, ofLength: (units) => unit.repeat(Math.ceil(units / unit.length)) }
}

/** Elements in pseudo-random order. */
function random(name: string, elements: readonly string[]): HardText {
  const ofLength = (units: number) => {
    const chosen: string[] = []
    let state = 1
    for (let length = 0; length < units;) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      const element = elements[Math.floor((state / 2 ** 32) * elements.length)] ?? ''
      chosen.push(element)
      length += element.length
    }
    return chosen.join('')
  }
  return { name, ofLength }
}
