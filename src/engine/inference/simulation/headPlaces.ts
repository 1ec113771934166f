// How an implementation divides [S, C] into heads and back, as places in the flat arrays.
// S tokens, C = nEmbd, H = nHead, D = C / H

import { assertNever } from '../../../shared/assertNever'
import type { Gpt2Variant, HeadsVariant, QkvLayout } from '../../../shared/contracts/engine/simulation'

interface HeadShape {
  readonly H: number
  readonly C: number
  readonly S: number
}

type Part = 'q' | 'k' | 'v'

/** Places in the flat [S · 3C] output of `c_attn`, and of each merged value in the flat [H · S · D] output of the heads. */
export interface HeadPlaces {
  /** [H, S, D] */
  readonly query: Int32Array
  /** [H, D, S] */
  readonly key: Int32Array
  /** [H, S, D] */
  readonly value: Int32Array
  /** [S, C] */
  readonly merged: Int32Array
}

export function headPlaces({ heads, qkv }: Gpt2Variant, shape: HeadShape): HeadPlaces {
  const { H, C, S } = shape
  const D = C / H
  const place = (part: Part, h: number, s: number, d: number) => {
    const { row, column } = splitPlace(heads, shape, { h, s, d })
    return row * 3 * C + qkvColumn(qkv, { part, column, C, D })
  }
  const split = (part: Part) => places([H, S, D], (h, s, d) => place(part, h, s, d))
  return {
    query: split('q'),
    value: split('v'),
    key: places([H, D, S], (h, d, s) => {
      if (heads !== 'keys-by-view') return place('k', h, s, d)
      const flat = d * S + s
      return place('k', h, Math.floor(flat / D), flat % D)
    }),
    merged: places([1, S, C], (_, s, c) => mergedPlace(heads, shape, { s, c })),
  }
}

/** The row and column of [S, C] from which head h takes its value d of row s. */
function splitPlace(
  heads: HeadsVariant | undefined,
  { H, C, S }: HeadShape,
  { h, s, d }: { readonly h: number; readonly s: number; readonly d: number },
): { readonly row: number; readonly column: number } {
  const D = C / H
  switch (heads) {
    case undefined:
    case 'merged-by-view':
    case 'keys-by-view':
      return { row: s, column: h * D + d }
    case 'split-by-view':
    case 'split-and-merged-by-view': {
      const flat = (h * S + s) * D + d
      return { row: Math.floor(flat / C), column: flat % C }
    }
    case 'interleaved':
    case 'split-interleaved':
      return { row: s, column: d * H + h }
    default:
      return assertNever(heads)
  }
}

/** The place in [H, S, D] of the merged value in row s and column c. */
function mergedPlace(
  heads: HeadsVariant | undefined,
  { H, C, S }: HeadShape,
  { s, c }: { readonly s: number; readonly c: number },
): number {
  const D = C / H
  const place = (h: number, d: number) => (h * S + s) * D + d
  switch (heads) {
    case undefined:
    case 'split-by-view':
    case 'keys-by-view':
    case 'split-interleaved':
      return place(Math.floor(c / D), c % D)
    case 'merged-by-view':
    case 'split-and-merged-by-view':
      return s * C + c
    case 'interleaved':
      return place(c % H, Math.floor(c / H))
    default:
      return assertNever(heads)
  }
}

/** The column of `c_attn`'s output [3C] that is taken for a column of q, k or v. */
function qkvColumn(
  qkv: QkvLayout | undefined,
  {
    part,
    column,
    C,
    D,
  }: { readonly part: Part; readonly column: number; readonly C: number; readonly D: number },
): number {
  const place = 'qkv'.indexOf(part)
  const [h, d] = [Math.floor(column / D), column % D]
  switch (qkv) {
    case undefined:
      return place * C + column
    case 'per-head':
      return h * 3 * D + place * D + d
    case 'per-head-dimension':
      return h * 3 * D + d * 3 + place
    case 'qvk':
    case 'kqv':
    case 'kvq':
    case 'vqk':
    case 'vkq':
      return qkv.indexOf(part) * C + column
    default:
      return assertNever(qkv)
  }
}

/** A flat array over three axes. */
function places(
  [first, second, third]: readonly [number, number, number],
  value: (a: number, b: number, c: number) => number,
): Int32Array {
  const all = new Int32Array(first * second * third)
  let i = 0
  for (let a = 0; a < first; a++)
    for (let b = 0; b < second; b++) for (let c = 0; c < third; c++) all[i++] = value(a, b, c)
  return all
}
