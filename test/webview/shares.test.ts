import { describe, expect, it } from 'vitest'

import type { Attribution } from '../../src/shared/contracts/engine/explanation'
import { type ShareRow, visibleShares } from '../../webview/state/explanations/shares'

/** Two layers of two heads, three rows. */
const window = { inputIds: Int32Array.of(50256, 7, 8), rowOffset: -1 }
const attribution: Attribution = {
  total: 10.25,
  wte: 1,
  wpe: -0.5,
  lnF: 0.25,
  attention: Float32Array.of(2, 1.5),
  attentionBias: Float32Array.of(0.5, 0),
  sources: Float32Array.of(1, 0, 0.25, /**/ 0, 0, 0.25, /**/ 0.5, 0.5, 0.5, /**/ 0, 0, 0),
  mlp: Float32Array.of(4, 2),
}

const names = (rows: readonly ShareRow[]) =>
  rows.map(({ label, level }) => `${'  '.repeat(level - 1)}${nameOf(label)}`)

function nameOf(label: ShareRow['label']): string {
  switch (label.kind) {
    case 'name':
      return label.name
    case 'wte':
      return `wte ${label.tokenId}`
    case 'source':
      return `row ${label.row}`
    case 'rest':
      return `${label.count} ${label.of}`
  }
}

const show = (order: 'size' | 'layer', ...open: string[]) =>
  visibleShares(attribution, window, { order, open: new Set(open) })

describe('the shares by layer', () => {
  it('are the components in the order in which the model computes them', () => {
    expect(names(show('layer'))).toEqual([
      'wte 8',
      'wpe[2]',
      'L0 attn',
      'L0 MLP',
      'L1 attn',
      'L1 MLP',
      'ln_f bias',
    ])
  })

  it('add up to the total', () => {
    expect(show('layer').reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(attribution.total)
  })

  it('open to the heads and the bias of a layer, which add up to it', () => {
    const rows = show('layer', 'L0.attn')
    expect(names(rows).slice(2, 6)).toEqual(['L0 attn', '  L0H0', '  L0H1', '  bias'])
    const [attn, ...parts] = rows.slice(2, 6)
    expect(parts.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(attn?.value ?? NaN)
  })

  it('open to the source positions of a head, the largest first, with the small ones in one row', () => {
    const rows = show('layer', 'L0.attn', 'L0H1', 'L0H1.rest')
    expect(names(rows).slice(4, 9)).toEqual([
      '  L0H1',
      '    row 2',
      '    2 sources',
      '      row 0',
      '      row 1',
    ])
  })

  it('name the hooks of TransformerLens', () => {
    const descriptions = show('layer', 'L0.attn').flatMap(({ label }) =>
      label.kind === 'name' ? label.description : [],
    )
    expect(descriptions.slice(0, 5)).toEqual([
      'position embedding · hook_pos_embed',
      'attention of h.0 · blocks.0.hook_attn_out',
      'head 0 of h.0 · blocks.0.attn.hook_result[:, :, 0]',
      'head 1 of h.0 · blocks.0.attn.hook_result[:, :, 1]',
      'what no head adds: b_O, and b_V through W_O',
    ])
  })

  it('say where each row is in the tree', () => {
    const [, , , , head] = show('layer', 'L0.attn')
    expect(head).toMatchObject({
      id: 'L0H1',
      level: 2,
      place: 2,
      siblings: 3,
      parent: 'L0.attn',
      open: false,
    })
  })
})

describe('the shares by size', () => {
  it('begin with the largest, of either sign', () => {
    const rows = visibleShares({ ...attribution, wpe: -9 }, window, { order: 'size', open: new Set() })
    expect(names(rows).slice(0, 2)).toEqual(['wpe[2]', 'L0 MLP'])
  })

  it('list all if there are no more than eight', () => {
    expect(show('size')).toHaveLength(7)
  })

  it('list seven and open to the rest', () => {
    const larger = { ...attribution, attention: Float32Array.of(2, 1.5, 1), mlp: Float32Array.of(4, 2, 1) }
    const closed = visibleShares(larger, window, { order: 'size', open: new Set() })
    const opened = visibleShares(larger, window, { order: 'size', open: new Set(['rest']) })
    expect(names(closed).at(-1)).toBe('2 components')
    expect(names(opened).slice(-3)).toEqual(['2 components', '  wpe[2]', '  ln_f bias'])
  })
})
