// The direct effect of each source position on the explained logit, and the lines of text that show it.
// L = nLayer, H = nHead, S = rows of the window

import type { Attribution } from '../../../src/shared/contracts/engine/explanation'
import { elementAt } from '../../../src/shared/elementAt'
import { textSpans, type TextSpan } from '../../../src/shared/text/textSpans'
import type { TokenLabels } from '../../tokens/tokenLabels'

/** Steps begin at these shares of the strongest effect. */
const STEP_BOUNDS = [1 / 5, 2 / 5, 4 / 5] as const
/** A line without a newline is cut after this many tokens, so that prose has parts to fold, too. */
const MAX_LINE_TOKENS = 32

export type EffectStep = 'plus1' | 'plus2' | 'plus3' | 'minus1' | 'minus2' | 'minus3'

/** [S] The direct contribution to the logit of all heads of all layers from each row. */
export function effectsBySource({ sources }: Attribution, sourceCount: number): Float64Array {
  const effects = new Float64Array(sourceCount)
  for (let at = 0; at < sources.length; at += sourceCount)
    for (let row = 0; row < sourceCount; row++)
      effects[row] = elementAt(effects, row) + elementAt(sources, at + row)
  return effects
}

/** The effect of the largest size; 0 if there are none. */
export function strongestOf(effects: Float64Array): number {
  return effects.reduce((most, effect) => (Math.abs(effect) > Math.abs(most) ? effect : most), 0)
}

/** Null for an effect below the first step. */
export function effectStep(effect: number, strongest: number): EffectStep | null {
  const size = Math.abs(effect)
  const passed = STEP_BOUNDS.filter((bound) => size > 0 && size >= bound * Math.abs(strongest)).length
  if (passed === 0) return null
  const [first, second, third] = effect > 0 ? PLUS_STEPS : MINUS_STEPS
  return passed === 1 ? first : passed === 2 ? second : third
}

const PLUS_STEPS = ['plus1', 'plus2', 'plus3'] as const
const MINUS_STEPS = ['minus1', 'minus2', 'minus3'] as const

/** One token, or tokens that share a character, in the text of the sources. */
export interface SourceSpan extends TextSpan {
  /** The sum of its tokens' effects; null if effects are not available. */
  readonly effect: number | null
}

/** Lines of text that are shown, or folded because no token in them has an effect of any step. */
export interface SourceBlock {
  readonly folded: boolean
  readonly spans: readonly SourceSpan[]
}

export interface SourceBlocksOptions {
  /** [S] Null if effects are not available. */
  readonly effects: Float64Array | null
  /** Lines with one of these rows are not folded. */
  readonly keptRows: ReadonlySet<number>
  readonly labels: TokenLabels
}

/** The text of the sources in blocks of lines. The last line, which the prediction follows, is never folded. */
export function sourceBlocks(
  inputIds: Int32Array,
  { effects, keptRows, labels }: SourceBlocksOptions,
): readonly SourceBlock[] {
  const strongest = effects === null ? 0 : strongestOf(effects)
  const lines = linesOf(spansOf(inputIds, effects, labels), (row) =>
    endsLine(elementAt(inputIds, row), labels),
  )
  const blocks: { folded: boolean; spans: SourceSpan[] }[] = []
  for (const [i, line] of lines.entries()) {
    const folded =
      i < lines.length - 1 &&
      line.every(({ effect, first, last }) => {
        return effectStep(effect ?? 0, strongest) === null && !keptRows.has(first) && !keptRows.has(last)
      })
    const before = blocks.at(-1)
    if (before?.folded === folded) before.spans.push(...line)
    else blocks.push({ folded, spans: [...line] })
  }
  return blocks
}

function spansOf(
  inputIds: Int32Array,
  effects: Float64Array | null,
  labels: TokenLabels,
): readonly SourceSpan[] {
  return textSpans(Array.from(inputIds, (tokenId) => labels.bytesOf(tokenId))).map((span) => {
    const own = effects?.subarray(span.first, span.last + 1)
    return { ...span, effect: own?.reduce((sum, effect) => sum + effect, 0) ?? null }
  })
}

function linesOf(spans: readonly SourceSpan[], endsLineAt: (row: number) => boolean): SourceSpan[][] {
  const lines: SourceSpan[][] = []
  let line: SourceSpan[] = []
  for (const span of spans) {
    line.push(span)
    const tokens = span.last + 1 - elementAt(line, 0).first
    if (!endsLineAt(span.last) && tokens < MAX_LINE_TOKENS) continue
    lines.push(line)
    line = []
  }
  if (line.length > 0) lines.push(line)
  return lines
}

function endsLine(tokenId: number, labels: TokenLabels): boolean {
  return labels.piecesOf(tokenId).at(-1)?.kind === 'newline'
}
