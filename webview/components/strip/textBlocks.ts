import { concatBytes } from '../../../src/shared/bytes'
import { elementAt } from '../../../src/shared/elementAt'
import { isCharacterBoundary } from '../../../src/shared/text/textSpans'
import type { Token } from '../../../src/shared/contracts/engine/prediction'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** A block ends at the first line end after this many tokens. */
const MIN_BLOCK_TOKENS = 48
/** A block ends even inside a line here, so that updating one block fits into a frame. */
const MAX_BLOCK_TOKENS = 768
/** A block ends even inside a character here: one character can have any number of combining marks. */
const HARD_LIMIT_TOKENS = 2 * MAX_BLOCK_TOKENS
/** A character with more tokens than this may be cut. */
const TOKENS_OF_CHARACTER = 16
/** A line of text that wraps has roughly as many. */
const BYTES_PER_LINE = 100

/** Where a section's text is cut into blocks: the indices of the tokens that begin one, without the first. */
export function blockStarts(tokens: readonly Token[], labels: TokenLabels): number[] {
  const starts: number[] = []
  let start = 0
  for (let i = 1; i < tokens.length; i++) {
    if (!endsBlock(tokens, { start, end: i }, labels)) continue
    starts.push(i)
    start = i
  }
  return starts
}

/** Roughly the number of lines of a block, for its height before it is rendered. */
export function estimateLines(tokens: readonly Token[], labels: TokenLabels): number {
  let newlines = 0
  let bytes = 0
  for (const { tokenId } of tokens) {
    for (const { kind, source } of labels.piecesOf(tokenId)) if (kind === 'newline') newlines += source.length
    bytes += labels.bytesOf(tokenId).length
  }
  return Math.max(1, newlines, Math.ceil(bytes / BYTES_PER_LINE))
}

function endsBlock(
  tokens: readonly Token[],
  { start, end }: { readonly start: number; readonly end: number },
  labels: TokenLabels,
): boolean {
  const length = end - start
  if (length < MIN_BLOCK_TOKENS) return false
  if (labels.piecesOf(elementAt(tokens, end - 1).tokenId).at(-1)?.kind === 'newline') return true
  if (length < MAX_BLOCK_TOKENS) return false
  if (length >= HARD_LIMIT_TOKENS) return true
  const bytes = (list: readonly Token[]) => concatBytes(list.map(({ tokenId }) => labels.bytesOf(tokenId)))
  const before = bytes(tokens.slice(Math.max(start, end - TOKENS_OF_CHARACTER), end))
  return !elementAt(tokens, end).partial && isCharacterBoundary(before, bytes(tokens.slice(end, end + 1)))
}
