import { DELTA_BOUNDS } from '../../shared/numbers/comparedTokens'
import { METRIC_SCALES, type Metric } from '../../shared/numbers/metrics'
import { type ComparedInspection, likelierTexts } from '../../shared/text/comparisonText'
import { oneLine } from '../../shared/text/plainMessage'

/** The steps of a metric in their colours, as Markdown. */
export function heatmapLegend(metric: Metric): string {
  const { legend, steps } = METRIC_SCALES[metric]
  const marks = steps.map((label, i) => mark(label, `step${i + 1}Background`))
  return `${legend}: ${marks.join('&nbsp;')}\n\nA heavier underline marks a step further to the right.`
}

/** The steps of both sides of a comparison in their colours, as Markdown. */
export function deltaLegend(inspection: ComparedInspection): string {
  const { shown, baseline } = likelierTexts(inspection)
  const [first, second, third] = DELTA_BOUNDS
  const labels = [`${first}–${second}`, `${second}–${third}`, `${third}+`]
  const plus = labels.map((label, i) => mark(label, `plus${i + 1}Background`))
  const minus = labels.map((label, i) => mark(label, `minus${i + 1}Background`))
  return [
    `Δ log₂ p in bits, of what the panel compares. No colour: within ${first}.`,
    `${asText(shown)}, line above: ${plus.join('&nbsp;')}`,
    `${asText(baseline)}, line below: ${minus.join('&nbsp;')}`,
  ].join('\n\n')
}

/** Names of files and models as text, which Markdown and HTML would read as syntax. */
function asText(text: string): string {
  return oneLine(text).replaceAll(PUNCTUATION, (character) => `&#${character.charCodeAt(0)};`)
}

const PUNCTUATION = /[!-/:-@[-`{-~]/g

/** VS Code accepts a `style` attribute only in exactly this form. */
function mark(label: string, background: string): string {
  return `<span style="color:var(--vscode-logitscope-stepForeground);background-color:var(--vscode-logitscope-${background});">&nbsp;${label}&nbsp;</span>`
}
