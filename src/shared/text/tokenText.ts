// Displays a token's bytes as text and describes them for screen readers.

import { concatBytes } from '../bytes'
import { elementAt } from '../elementAt'
import { scanUtf8 } from './utf8'

/** A part of a token. Characters that are invisible or hard to tell apart are shown as marks. */
export interface TokenPiece {
  readonly kind: 'text' | 'space' | 'newline' | 'tab' | 'mark'
  /** The visible text: `·` for a space, `↵` for a newline, `⟨F0 9F⟩` for parts of a character. */
  readonly shown: string
  /** The characters that the piece represents; the first part of a split character has the whole character. */
  readonly source: string
  /** The text for screen readers. */
  readonly spoken: string
}

/** The pieces of a single token, such as an alternative or a row of the table. */
export function tokenPieces(bytes: Uint8Array): readonly TokenPiece[] {
  return elementAt(textPieces([bytes]), 0)
}

/**
 * The pieces of consecutive tokens. A character that is split over tokens is shown in the first of them; the others
 * show their bytes.
 */
export function textPieces(tokens: readonly Uint8Array[]): readonly (readonly TokenPiece[])[] {
  const bytes = concatBytes(tokens)
  const units = scanUtf8(bytes)
  let unit = 0
  let start = 0
  return tokens.map((token) => {
    const end = start + token.length
    const characters: Character[] = []
    for (let current = units[unit]; current !== undefined && current.start < end; current = units[++unit]) {
      const { start: from, end: to, codePoint } = current
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
  const [first, ...rest] = pieces
  if (first === undefined) return 'nothing'
  if (first.kind !== 'space' || rest.length === 0) return speakPieces(pieces)
  const spaces = first.source.length
  return `${speakPieces(rest)}, ${spaces === 1 ? 'leading space' : `${spaces} leading spaces`}`
}

/** The visible text of a token, for titles, lists and terminals. */
export function showToken(bytes: Uint8Array): string {
  return tokenPieces(bytes)
    .map((piece) => piece.shown)
    .join('')
}

/** `F0 9F 91` */
export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ')
}

/** A character, or bytes that are not a whole character (`codePoint` null). */
export interface Character {
  readonly codePoint: number | null
  readonly bytes: Uint8Array
}

/** The pieces of consecutive characters that nothing else is shown with. */
export function piecesOf(characters: readonly Character[]): TokenPiece[] {
  const pieces: TokenPiece[] = []
  for (let i = 0; i < characters.length;) {
    const length = runLength(characters, i)
    const atEdge = i === 0 || i + length === characters.length
    pieces.push(pieceOf(elementAt(characters, i), length, atEdge))
    i += length
  }
  return joinText(pieces)
}

/** The length of a run of the same white space; 1 for other characters. */
function runLength(characters: readonly Character[], from: number): number {
  const { codePoint } = elementAt(characters, from)
  if (codePoint === null || !RUNS.has(codePoint)) return 1
  let end = from + 1
  while (characters[end]?.codePoint === codePoint) end++
  return end - from
}

const SPACE = 0x20
const NEWLINE = 0x0a
const TAB = 0x09
const RUNS: ReadonlySet<number> = new Set([SPACE, NEWLINE, TAB])

/** @param atEdge whether the run is at the start or end of the token, where even a single space is shown as a mark */
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
  const named = NAMED_INVISIBLE.get(codePoint)
  if (named !== undefined) return { kind: 'mark', shown: `⟨${named[0]}⟩`, source, spoken: named[1] }
  if (codePoint < 0x20 || codePoint === 0x7f) {
    const picture = codePoint === 0x7f ? 0x2421 : 0x2400 + codePoint
    return { kind: 'mark', shown: String.fromCodePoint(picture), source, spoken: controlName(codePoint) }
  }
  if (INVISIBLE.test(source)) {
    const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
    return { kind: 'mark', shown: `⟨${name}⟩`, source, spoken: name }
  }
  // A combining mark at the edge would combine with a neighbour that is not part of the token.
  const shown = atEdge && COMBINING.test(source) ? `◌${source}` : source
  return { kind: 'text', shown, source, spoken: source }
}

/** Joins neighbouring pieces of plain text. */
export function joinText(pieces: readonly TokenPiece[]): TokenPiece[] {
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

/** Format, private-use and unassigned characters, separators, and characters that Unicode marks as ignorable. */
export const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u
export const COMBINING = /\p{M}/u

/** Invisible characters with a well-known abbreviation. */
const NAMED_INVISIBLE: ReadonlyMap<number, readonly [string, string]> = new Map([
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
