import type {
  BaselineOnlyTokens,
  ComparedSection,
  ComparedToken,
  InspectionComparison,
} from '../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { elementAt } from '../../../shared/elementAt'
import { bytesOf, copyOf, readScores, rowsOf, scoreWidth, writeScore } from './scoreRows'

/** Compared tokens in one file: two scores each, so that encoding them takes a few milliseconds, even with 100 alternatives. */
export const COMPARED_PER_FILE = 128

/** The header's entry for the files of a saved run's comparison. */
export interface StoredComparisonHeader {
  /** Number of compared tokens of each section. */
  readonly counts: readonly number[]
  /** Tells the files of this comparison from those of the one that it replaced. */
  readonly tokensTurn: Turn
  /** The file of what only the baseline's text has; null if that is nothing. */
  readonly baselineOnly: { readonly turn: Turn; readonly numbers: number } | null
}

type Turn = 0 | 1

/** The contents of the files of a comparison. */
export interface ReadComparison {
  /** Of all sections in their order; fewer if a file is missing or incomplete. */
  readonly tokens: readonly ComparedToken[]
  /** One list for each section; null if the file is missing or incomplete. */
  readonly baselineOnly: readonly (readonly BaselineOnlyTokens[])[] | null
}

/**
 * The files of a run's comparison, whose sections are filled one after the other. Only what is new is written. No file that
 * the last saved header names is overwritten with other content: files are written in turns.
 */
export class StoredComparison {
  /** The first token of the comparison whose files are written: a token object belongs to one comparison only. */
  private first: ComparedToken | undefined
  private tokensTurn: Turn = 0
  private completeFiles = 0
  private only: SavedBaselineOnly = { lists: [], turn: 0, numbers: 0 }

  /**
   * @param options `saves` numbers this save of the run
   * @returns what the header has to say; null if the run is not compared
   */
  async write(
    { comparison, topK }: Inspection,
    options: {
      readonly saves: number
      readonly write: (name: string, content: Uint8Array) => PromiseLike<void>
    },
  ): Promise<StoredComparisonHeader | null> {
    if (comparison === undefined) return null
    const { sections } = comparison
    const { saves, write } = options
    const first = sections.find(({ tokens }) => tokens.length > 0)?.tokens.at(0)
    if (first !== this.first) {
      this.first = first
      this.tokensTurn = other(this.tokensTurn)
      this.completeFiles = 0
    }
    const counts = sections.map(({ tokens }) => tokens.length)
    const count = sumOf(counts)
    for (let file = this.completeFiles; file * COMPARED_PER_FILE < count; file++) {
      const from = file * COMPARED_PER_FILE
      const to = Math.min(from + COMPARED_PER_FILE, count)
      const name = tokensFile(file, { count, turn: this.tokensTurn, saves })
      await write(name, encodeTokens(sections, { from, to, topK }))
      if (to === from + COMPARED_PER_FILE) this.completeFiles = file + 1
    }
    await this.writeBaselineOnly(sections, write)
    const { turn, numbers } = this.only
    return {
      counts,
      tokensTurn: this.tokensTurn,
      baselineOnly: numbers === 0 ? null : { turn, numbers },
    }
  }

  /** Reads what `write` has written, as far as it is complete. */
  async read(
    { counts, tokensTurn, baselineOnly }: StoredComparisonHeader,
    options: Pick<Inspection, 'topK' | 'model'> & {
      readonly saves: number
      readonly read: (name: string) => PromiseLike<Uint8Array>
    },
  ): Promise<ReadComparison> {
    const { saves, read } = options
    const count = sumOf(counts)
    const tokens: ComparedToken[] = []
    for (let file = 0; file * COMPARED_PER_FILE < count; file++) {
      const bytes = await orEmpty(read(tokensFile(file, { count, turn: tokensTurn, saves })))
      tokens.push(...decodeTokens(bytes, options))
      if (tokens.length < Math.min((file + 1) * COMPARED_PER_FILE, count)) break
    }
    const lists =
      baselineOnly === null
        ? counts.map(() => [])
        : decodeBaselineOnly(await orEmpty(read(baselineOnlyFile(baselineOnly.turn))), baselineOnly.numbers)
    this.first = tokens[0]
    this.tokensTurn = tokensTurn
    this.completeFiles = Math.floor(tokens.length / COMPARED_PER_FILE)
    if (lists !== null) this.only = { lists, turn: 0, numbers: 0, ...baselineOnly }
    return { tokens, baselineOnly: lists }
  }

  private async writeBaselineOnly(
    sections: readonly ComparedSection[],
    write: (name: string, content: Uint8Array) => PromiseLike<void>,
  ): Promise<void> {
    const lists = sections.map(({ baselineOnly }) => baselineOnly)
    const { lists: saved, turn: savedTurn } = this.only
    if (lists.length === saved.length && lists.every((list, i) => list === saved[i])) return
    if (lists.every((list) => list.length === 0)) {
      this.only = { lists, turn: savedTurn, numbers: 0 }
      return
    }
    const turn = other(savedTurn)
    const numbers = encodeBaselineOnly(lists)
    await write(baselineOnlyFile(turn), bytesOf(numbers))
    this.only = { lists, turn, numbers: numbers.length }
  }
}

/** The comparison without what its files have. */
export function withoutTokens(comparison: InspectionComparison): InspectionComparison {
  return {
    ...comparison,
    sections: comparison.sections.map((section) => ({ ...section, tokens: [], baselineOnly: [] })),
  }
}

/** Restores a comparison. One that was running, or of which a part was not saved, is interrupted. */
export function restoredComparison(
  comparison: InspectionComparison,
  { counts }: StoredComparisonHeader,
  { tokens, baselineOnly }: ReadComparison,
): InspectionComparison {
  const { kind } = comparison.state
  let at = 0
  const sections = comparison.sections.map((section, i) => {
    const from = at
    at += elementAt(counts, i)
    return { ...section, tokens: tokens.slice(from, at), baselineOnly: baselineOnly?.[i] ?? [] }
  })
  const wasRunning = kind === 'loading' || kind === 'running'
  const isInterrupted = wasRunning || tokens.length < at || baselineOnly === null
  return { ...comparison, sections, state: isInterrupted ? { kind: 'interrupted' } : comparison.state }
}

interface SavedBaselineOnly {
  /** Of each section. */
  readonly lists: readonly (readonly BaselineOnlyTokens[])[]
  readonly turn: Turn
  /** The number of numbers in the file; 0 without a file. */
  readonly numbers: number
}

function other(turn: Turn): Turn {
  return turn === 0 ? 1 : 0
}

/** The last file is written in turns until it is full. */
function tokensFile(
  index: number,
  { count, turn, saves }: { readonly count: number; readonly turn: Turn; readonly saves: number },
): string {
  const isFull = (index + 1) * COMPARED_PER_FILE <= count
  return isFull ? `compared${turn}-${index}` : `lastCompared${saves % 2}`
}

function baselineOnlyFile(turn: Turn): string {
  return `baselineOnly${turn}`
}

/** position, baselinePosition, kl, jensenShannon. */
const TOKEN_NUMBERS = 4

/** The tokens [from, to) of all sections in their order. */
function encodeTokens(
  sections: readonly ComparedSection[],
  { from, to, topK }: { readonly from: number; readonly to: number; readonly topK: number },
): Uint8Array {
  const width = scoreWidth(topK)
  const stride = TOKEN_NUMBERS + 2 * width
  const rows = new Float64Array((to - from) * stride)
  let first = 0
  for (const { tokens } of sections) {
    const end = first + tokens.length
    for (let index = Math.max(first, from); index < Math.min(end, to); index++) {
      const token = tokens.at(index - first)
      if (token === undefined) continue
      const start = (index - from) * stride
      rows[start] = token.position
      rows[start + 1] = token.baselinePosition
      rows[start + 2] = token.kl
      rows[start + 3] = token.jensenShannon
      writeScore(rows, start + TOKEN_NUMBERS, token.score)
      writeScore(rows, start + TOKEN_NUMBERS + width, token.baselineScore)
    }
    first = end
  }
  return bytesOf(rows)
}

function decodeTokens(
  bytes: Uint8Array,
  { topK, model }: Pick<Inspection, 'topK' | 'model'>,
): ComparedToken[] {
  const width = scoreWidth(topK)
  const stride = TOKEN_NUMBERS + 2 * width
  const rows = rowsOf(bytes, stride)
  const { vocabularySize } = model
  const shown = readScores({ rows, stride, offset: TOKEN_NUMBERS }, { topK, vocabularySize })
  const baseline = readScores({ rows, stride, offset: TOKEN_NUMBERS + width }, { topK, vocabularySize })
  return shown.flatMap((score, i) => {
    const [position = 0, baselinePosition = 0, kl = 0, jensenShannon = 0] = rows.subarray(i * stride)
    const baselineScore = elementAt(baseline, i)
    if (score === null || baselineScore === null) return []
    return { position, baselinePosition, kl, jensenShannon, score, baselineScore }
  })
}

/** For each section the number of its runs, then of each run its position, its length and its token ids. */
function encodeBaselineOnly(lists: readonly (readonly BaselineOnlyTokens[])[]): Int32Array {
  const sizes = lists.map((list) =>
    list.reduce((sum, { tokenIds }) => sum + RUN_NUMBERS + tokenIds.length, 1),
  )
  const numbers = new Int32Array(sumOf(sizes))
  let at = 0
  for (const list of lists) {
    numbers[at++] = list.length
    for (const { position, tokenIds } of list) {
      numbers[at++] = position
      numbers[at++] = tokenIds.length
      numbers.set(tokenIds, at)
      at += tokenIds.length
    }
  }
  return numbers
}

/** Null if the file is incomplete or has other numbers than `encodeBaselineOnly` writes. */
function decodeBaselineOnly(bytes: Uint8Array, length: number): BaselineOnlyTokens[][] | null {
  if (bytes.length !== length * Int32Array.BYTES_PER_ELEMENT) return null
  const numbers = new Int32Array(copyOf(bytes, bytes.length))
  const lists: BaselineOnlyTokens[][] = []
  for (let at = 0; at < numbers.length;) {
    const list: BaselineOnlyTokens[] = []
    const runs = elementAt(numbers, at++)
    for (let run = 0; run < runs; run++) {
      const [position, count = -1] = numbers.subarray(at, at + RUN_NUMBERS)
      at += RUN_NUMBERS
      if (position === undefined || count < 0 || at + count > numbers.length) return null
      list.push({ position, tokenIds: [...numbers.subarray(at, at + count)] })
      at += count
    }
    lists.push(list)
  }
  return lists
}

/** position, length. */
const RUN_NUMBERS = 2

/** A missing file is like an incomplete one. */
async function orEmpty(bytes: PromiseLike<Uint8Array>): Promise<Uint8Array> {
  try {
    return await bytes
  } catch {
    return new Uint8Array()
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
