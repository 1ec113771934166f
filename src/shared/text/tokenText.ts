// A token's bytes → what a person sees, and what a screen reader says.

import { concatBytes } from '../bytes'

/** A stretch of a token. What one could not see, or not tell apart, stands as a mark. */
export interface TokenPiece {
  readonly kind: 'text' | 'space' | 'newline' | 'tab' | 'mark'
  /** Visible in every place: `·` for a space, `↵` for a newline, `⟨F0 9F⟩` for parts of a character. */
  readonly shown: string
  /** The characters that this stands for; of a split character, the first part has all of it. */
  readonly source: string
  /** What a screen reader says. */
  readonly spoken: string
}

/** The pieces of a token that stands alone: an alternative, a row of the table. */
export function tokenPieces(bytes: Uint8Array): readonly TokenPiece[] {
  return textPieces([bytes])[0]
}

/**
 * The pieces of tokens that follow each other. A character that is split over tokens
 * is shown where it begins; the tokens that hold the rest of it show their bytes.
 */
export function textPieces(tokens: readonly Uint8Array[]): readonly (readonly TokenPiece[])[] {
  const bytes = concatBytes(tokens)
  const units = scanUtf8(bytes)
  let unit = 0
  let start = 0
  return tokens.map((token) => {
    const end = start + token.length
    const characters: Character[] = []
    for (; unit < units.length && units[unit].start < end; unit++) {
      const { start: from, end: to, codePoint } = units[unit]
      const owned = bytes.subarray(Math.max(from, start), Math.min(to, end))
      characters.push({ codePoint: from >= start ? codePoint : null, bytes: owned })
      if (to > end) break // the rest of this character belongs to the next token
    }
    start = end
    return piecesOf(characters)
  })
}

/** `catch, leading space` · `newline` · `4 spaces` */
export function speakToken(bytes: Uint8Array): string {
  const pieces = tokenPieces(bytes)
  if (pieces.length === 0) return 'nothing'
  const [first, ...rest] = pieces
  if (first.kind !== 'space' || rest.length === 0) return speakPieces(pieces)
  const spaces = first.source.length
  return `${speakPieces(rest)}, ${spaces === 1 ? 'leading space' : `${spaces} leading spaces`}`
}

/** The same as one plain string, for titles, lists and terminals. */
export function showToken(bytes: Uint8Array): string {
  return tokenPieces(bytes)
    .map((piece) => piece.shown)
    .join('')
}

/** `F0 9F 91` */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}

/** A character, or (`codePoint` null) bytes that are not one by themselves. */
interface Character {
  readonly codePoint: number | null
  readonly bytes: Uint8Array
}

function piecesOf(characters: readonly Character[]): TokenPiece[] {
  const pieces: TokenPiece[] = []
  for (let i = 0; i < characters.length;) {
    const length = runLength(characters, i)
    const atEdge = i === 0 || i + length === characters.length
    pieces.push(pieceOf(characters[i], length, atEdge))
    i += length
  }
  return joinText(pieces)
}

/** How many times the same white space stands there; 1 for everything else. */
function runLength(characters: readonly Character[], from: number): number {
  const { codePoint } = characters[from]
  if (codePoint === null || !RUNS.has(codePoint)) return 1
  let end = from + 1
  while (end < characters.length && characters[end].codePoint === codePoint) end++
  return end - from
}

const SPACE = 0x20
const NEWLINE = 0x0a
const TAB = 0x09
const RUNS: ReadonlySet<number> = new Set([SPACE, NEWLINE, TAB])

/** `atEdge`: at the token's beginning or end, where even a single space has to be seen. */
function pieceOf(character: Character, length: number, atEdge: boolean): TokenPiece {
  const { codePoint, bytes } = character
  if (codePoint === null) {
    const hex = hexBytes(bytes)
    return { kind: 'mark', shown: `⟨${hex}⟩`, source: '', spoken: `bytes ${hex}` }
  }
  const source = String.fromCodePoint(codePoint).repeat(length)
  switch (codePoint) {
    case SPACE:
      return length === 1 && !atEdge
        ? { kind: 'text', shown: ' ', source, spoken: ' ' }
        : { kind: 'space', shown: '·'.repeat(length), source, spoken: counted(length, 'space') }
    case NEWLINE:
      return { kind: 'newline', shown: '↵'.repeat(length), source, spoken: counted(length, 'newline') }
    case TAB:
      return { kind: 'tab', shown: '→'.repeat(length), source, spoken: counted(length, 'tab') }
    default:
      return characterPiece(codePoint, source, atEdge)
  }
}

function characterPiece(codePoint: number, source: string, atEdge: boolean): TokenPiece {
  const named = INVISIBLE.get(codePoint)
  if (named !== undefined) return { kind: 'mark', shown: `⟨${named[0]}⟩`, source, spoken: named[1] }
  if (codePoint < 0x20 || codePoint === 0x7f) {
    const picture = codePoint === 0x7f ? 0x2421 : 0x2400 + codePoint
    return { kind: 'mark', shown: String.fromCodePoint(picture), source, spoken: controlName(codePoint) }
  }
  if (UNSEEN.test(source)) {
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
    return { kind: 'mark', shown: `⟨${name}⟩`, source, spoken: name }
  }
  // A combining mark at the edge would sit on a neighbour that is not part of the token.
  const shown = atEdge && COMBINING.test(source) ? `◌${source}` : source
  return { kind: 'text', shown, source, spoken: source }
}

function joinText(pieces: readonly TokenPiece[]): TokenPiece[] {
  const joined: TokenPiece[] = []
  for (const piece of pieces) {
    const before = joined.at(-1)
    if (before?.kind === 'text' && piece.kind === 'text')
      joined[joined.length - 1] = {
        kind: 'text',
        shown: before.shown + piece.shown,
        source: before.source + piece.source,
        spoken: before.spoken + piece.spoken,
      }
    else joined.push(piece)
  }
  return joined
}

function speakPieces(pieces: readonly TokenPiece[]): string {
  return pieces
    .map((piece) => piece.spoken)
    .join(', ')
    .trim()
}

function counted(n: number, noun: string): string {
  return n === 1 ? noun : `${n} ${noun}s`
}

function controlName(codePoint: number): string {
  return codePoint === 0x0d ? 'carriage return' : `control character ${codePoint}`
}

/** Format, private-use and unassigned characters, separators, and whatever Unicode says to ignore. */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u
const COMBINING = /\p{M}/u

/** The unseen ones that have a name that people know. */
const INVISIBLE: ReadonlyMap<number, readonly [string, string]> = new Map([
  [0x00a0, ['NBSP', 'no-break space']],
  [0x00ad, ['SHY', 'soft hyphen']],
  [0x061c, ['ALM', 'Arabic letter mark']],
  [0x200b, ['ZWSP', 'zero-width space']],
  [0x200c, ['ZWNJ', 'zero-width non-joiner']],
  [0x200d, ['ZWJ', 'zero-width joiner']],
  [0x200e, ['LRM', 'left-to-right mark']],
  [0x200f, ['RLM', 'right-to-left mark']],
  [0x2028, ['LS', 'line separator']],
  [0x2029, ['PS', 'paragraph separator']],
  [0x202a, ['LRE', 'left-to-right embedding']],
  [0x202b, ['RLE', 'right-to-left embedding']],
  [0x202c, ['PDF', 'pop directional formatting']],
  [0x202d, ['LRO', 'left-to-right override']],
  [0x202e, ['RLO', 'right-to-left override']],
  [0x202f, ['NNBSP', 'narrow no-break space']],
  [0x2060, ['WJ', 'word joiner']],
  [0x2066, ['LRI', 'left-to-right isolate']],
  [0x2067, ['RLI', 'right-to-left isolate']],
  [0x2068, ['FSI', 'first strong isolate']],
  [0x2069, ['PDI', 'pop directional isolate']],
  [0x3000, ['IDSP', 'ideographic space']],
  [0xfe0e, ['VS15', 'text variation selector']],
  [0xfe0f, ['VS16', 'emoji variation selector']],
  [0xfeff, ['BOM', 'byte order mark']],
])

/** A character of a byte sequence, or (`codePoint` null) a byte that no character can be made of. */
interface Utf8Unit {
  readonly start: number
  readonly end: number
  readonly codePoint: number | null
}

function scanUtf8(bytes: Uint8Array): Utf8Unit[] {
  const units: Utf8Unit[] = []
  for (let start = 0; start < bytes.length;) {
    const { codePoint, length } = readUtf8(bytes, start)
    const before = units.at(-1)
    if (codePoint === null && before?.codePoint === null)
      units[units.length - 1] = { ...before, end: start + length }
    else units.push({ start, end: start + length, codePoint })
    start += length
  }
  return units
}

/** The smallest code point of each length, so that no character has two encodings. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000]

function readUtf8(bytes: Uint8Array, at: number): { codePoint: number | null; length: number } {
  const lead = bytes[at]
  if (lead < 0x80) return { codePoint: lead, length: 1 }
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2
  const invalid = { codePoint: null, length: 1 }
  if (lead < 0xc0 || lead > 0xf4 || at + length > bytes.length) return invalid
  let codePoint = lead & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    if ((bytes[at + i] & 0xc0) !== 0x80) return invalid
    codePoint = (codePoint << 6) | (bytes[at + i] & 0x3f)
  }
  const surrogate = codePoint >= 0xd800 && codePoint <= 0xdfff
  return codePoint < SMALLEST[length] || codePoint > 0x10ffff || surrogate ? invalid : { codePoint, length }
}
