import { describe, expect, it } from 'vitest'
import { deltaLegend, heatmapLegend } from '../../../../src/features/heatmap/heatmapLegend'
import { comparedModels, comparedTexts } from '../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../support/texts/gpt2Vocabulary'

const vocabulary = readGpt2Vocabulary()

describe('The legend of the heatmap of a compared document', () => {
  it('names both sides and shows their steps with their own backgrounds', () => {
    const [, shown = '', baseline = ''] = deltaLegend(comparedModels(vocabulary)).split('\n\n')

    expect(shown).toMatch(/^likelier for mini, line above: /)
    expect(stepsOf(shown, 'plus')).toEqual(['1 1–3', '2 3–6', '3 6+'])
    expect(baseline).toMatch(/^likelier for gpt2, line below: /)
    expect(stepsOf(baseline, 'minus')).toEqual(['1 1–3', '2 3–6', '3 6+'])
  })

  it('has names as text, not as Markdown or HTML', () => {
    const texts = comparedTexts(vocabulary)

    const legend = deltaLegend({ ...texts, documentName: '[a](command:b)<img src=c>' })

    expect(legend).not.toMatch(/\]\(|<img/)
  })
})

function stepsOf(legend: string, side: string): string[] {
  const marks = legend.matchAll(new RegExp(`${side}(\\d)Background\\);">&nbsp;([^&]+)`, 'g'))
  return [...marks].map(([, step, label]) => `${step} ${label}`)
}

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
