import { METRIC_SCALES, type Metric } from '../../shared/numbers/metrics'

/** The steps of a metric in their colours, as Markdown. VS Code accepts a `style` attribute only in exactly this form. */
export function heatmapLegend(metric: Metric): string {
  const { legend, steps } = METRIC_SCALES[metric]
  const marks = steps.map(
    (label, i) =>
      `<span style="color:var(--vscode-logitscope-stepForeground);background-color:var(--vscode-logitscope-step${i + 1}Background);">&nbsp;${label}&nbsp;</span>`,
  )
  return `${legend}: ${marks.join('&nbsp;')}\n\nA heavier underline marks a step further to the right.`
}
