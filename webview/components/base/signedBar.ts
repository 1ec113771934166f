import { html, type TemplateResult } from 'lit'

/** Where bars begin and how long they are, in per cent of their column. */
export interface BarScale {
  /** The place of 0. */
  readonly zero: number
  /** Per cent for a value of 1. */
  readonly perUnit: number
}

/** The shorter side has at least this share of the longer side's room, so that the line at 0 never is at an edge. */
const MIN_SIDE = 0.12
/** Minimum width of a bar in per cent, so that it stays visible. */
const MIN_WIDTH = 0.6

/** A scale on which all values fit. */
export function barScale(values: readonly number[]): BarScale {
  const most = Math.max(0, ...values)
  const least = Math.max(0, ...values.map((value) => -value))
  const right = Math.max(most, MIN_SIDE * least)
  const left = Math.max(least, MIN_SIDE * most)
  if (left + right === 0) return { zero: 50, perUnit: 0 }
  return { zero: (left / (left + right)) * 100, perUnit: 100 / (left + right) }
}

/** A bar to the right of 0 for plus, the token or the shown side, and to the left for minus. */
export function barTemplate(value: number, { zero, perUnit }: BarScale): TemplateResult {
  const width = Math.max(MIN_WIDTH, Math.abs(value) * perUnit)
  const side = value < 0 ? 'minus' : 'plus'
  const start = value < 0 ? zero - width : zero
  return html`<svg class="signed-bar" aria-hidden="true">
    <rect class=${side} x="${start.toFixed(2)}%" y="20%" width="${width.toFixed(2)}%" height="60%" />
    <line x1="${zero.toFixed(2)}%" x2="${zero.toFixed(2)}%" y1="0" y2="100%" />
  </svg>`
}
