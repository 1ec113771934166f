// Divides running text into spans that are whole to the eye, although tokens may begin and end inside a character.

import { concatBytes } from '../bytes'
import { elementAt } from '../elementAt'
import { COMBINING, INVISIBLE, joinText, piecesOf, type TokenPiece } from './tokenText'
import { scanUtf8, type Utf8Unit } from './utf8'

/** Text of one token, or one character that consecutive tokens share. */
export interface TextSpan {
  /** Index of its first token. */
  readonly first: number
  /** Index of its last token: the first one, unless the tokens share the character. */
  readonly last: number
  readonly pieces: readonly TokenPiece[]
}

/**
 * The spans of consecutive tokens, in order. A character is a grapheme cluster as Unicode defines it, such as é with a
 * combining accent or a family emoji. Bytes that are no character stay with their token.
 */
export function textSpans(tokens: readonly Uint8Array[]): readonly TextSpan[] {
  const bytes = concatBytes(tokens)
  const ends: number[] = []
  for (const token of tokens) ends.push((ends.at(-1) ?? 0) + token.length)
  const spans: { first: number; last: number; clusters: Cluster[] }[] = []
  let first = 0
  for (const cluster of clustersOf(scanUtf8(bytes), ends)) {
    while (elementAt(ends, first) <= cluster.start) first++
    let last = first
    while (elementAt(ends, last) < cluster.end) last++
    const before = spans.at(-1)
    // The span before this one begins with the token in which this cluster ends: both belong to that token alone.
    if (before?.first === last) before.clusters.push(cluster)
    else spans.push({ first, last, clusters: [cluster] })
  }
  return spans.map(({ first, last, clusters }) => ({ first, last, pieces: clusterPieces(clusters, bytes) }))
}

/** Whether no character spans the end of one byte sequence and the beginning of the next. */
export function isCharacterBoundary(before: Uint8Array, after: Uint8Array): boolean {
  const text = decoder.decode(before)
  if (text === '' || after.length === 0) return true
  return segmenter.segment(text + decoder.decode(after)).containing(text.length)?.index === text.length
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** One grapheme cluster (a character as the user sees it), or bytes of one token that are not a character. */
interface Cluster {
  readonly start: number
  readonly end: number
  readonly characters: readonly Utf8Unit[]
}

function clustersOf(characters: readonly Utf8Unit[], tokenEnds: readonly number[]): Cluster[] {
  const clusters: Cluster[] = []
  for (let i = 0; i < characters.length;) {
    const end = stretchEnd(characters, i)
    const stretch = characters.slice(i, end)
    if (stretch.some(({ codePoint }) => codePoint === null || codePoint > 0x7f))
      clusters.push(...segmentStretch(stretch, tokenEnds))
    else clusters.push(...stretch.map(single))
    i = end
  }
  return clusters
}

/**
 * The end of the stretch of characters that starts at `from` and may have clusters in it. White space and control
 * characters end a stretch, because they are shown by marks and a cluster must not hide them.
 */
function stretchEnd(characters: readonly Utf8Unit[], from: number): number {
  const isVisible = (unit: Utf8Unit | undefined) => unit?.codePoint !== null && (unit?.codePoint ?? 0) > 0x20
  let end = from
  while (isVisible(characters[end])) end++
  return Math.max(end, from + 1)
}

function segmentStretch(stretch: readonly Utf8Unit[], tokenEnds: readonly number[]): Cluster[] {
  const [first] = stretch
  if (first?.codePoint === null) return cutAtTokens(first, tokenEnds)
  let next = 0
  const text = stretch.map(({ codePoint }) => String.fromCodePoint(codePoint ?? 0)).join('')
  return Array.from(segmenter.segment(text)).flatMap(({ segment }) => {
    const characters = stretch.slice(next, (next += Array.from(segment).length))
    return isShownWhole(segment) ? [clusterOf(characters)] : characters.map(single)
  })
}

/** An invisible character in a cluster is shown by its mark, so that nothing hides there, unless it forms a known emoji. */
function isShownWhole(segment: string): boolean {
  return !INVISIBLE.test(segment) || EMOJI.test(segment)
}

/** A literal with the flag `v` would need a newer target of the compiler. */
const EMOJI = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v')

function cutAtTokens({ start, end, codePoint }: Utf8Unit, tokenEnds: readonly number[]): Cluster[] {
  const cuts = [start, ...tokenEnds.filter((at) => at > start && at < end), end]
  return cuts.slice(1).map((to, i) => single({ start: elementAt(cuts, i), end: to, codePoint }))
}

function single(character: Utf8Unit): Cluster {
  return { start: character.start, end: character.end, characters: [character] }
}

function clusterOf(characters: readonly Utf8Unit[]): Cluster {
  const { start } = elementAt(characters, 0)
  const { end } = elementAt(characters, characters.length - 1)
  return { start, end, characters }
}

function clusterPieces(clusters: readonly Cluster[], bytes: Uint8Array): readonly TokenPiece[] {
  const pieces: TokenPiece[] = []
  for (let i = 0; i < clusters.length;) {
    const { characters } = elementAt(clusters, i)
    if (characters.length > 1) {
      pieces.push(wholePiece(characters))
      i++
      continue
    }
    const run: Utf8Unit[] = []
    for (; clusters[i]?.characters.length === 1; i++) run.push(...elementAt(clusters, i).characters)
    pieces.push(
      ...piecesOf(run.map(({ start, end, codePoint }) => ({ codePoint, bytes: bytes.subarray(start, end) }))),
    )
  }
  return joinText(pieces)
}

function wholePiece(characters: readonly Utf8Unit[]): TokenPiece {
  const source = characters.map(({ codePoint }) => String.fromCodePoint(codePoint ?? 0)).join('')
  // Combining marks without a letter would combine with the character before them.
  const first = Array.from(source).at(0) ?? ''
  return { kind: 'text', shown: COMBINING.test(first) ? `◌${source}` : source, source, spoken: source }
}
