import { describe, expect, it } from 'vitest'
import { heatmapLegend } from '../../../../src/features/heatmap/heatmapLegend'

describe('The legend of the heatmap', () => {
  it('names the metric and shows each step with its own background', () => {
    const legend = heatmapLegend('surprisal')

    expect(legend).toMatch(/^surprisal in bits: /)
    expect(
      [...legend.matchAll(/step(\d)Background\);">&nbsp;([^&]+)/g)].map(([, step, label]) => [step, label]),
    ).toEqual([
      ['1', '0–2'],
      ['2', '2–5'],
      ['3', '5–8'],
      ['4', '8–12'],
      ['5', '12+'],
    ])
  })
})
