import * as vscode from 'vscode'
import { assertNever } from '../../shared/assertNever'
import type { EngineState } from '../../shared/contracts/engineApi'
import { formatPercent } from '../../shared/text/format'
import { METRIC_SCALES, type Metric, STEPS } from '../../shared/numbers/metrics'
import { describeCheck, describeModel } from '../../shared/text/modelText'

export interface TooltipContent {
  readonly state: EngineState
  readonly modelId: string
  /** What the active document is coloured by; undefined where it is not. */
  readonly heatmapMetric: Metric | undefined
  /** 0 to 1, of the last completion. */
  readonly completionProbability: number | undefined
}

/** Model and engine, the heatmap's legend, the last completion. Nothing of a document's text stands in it: it may hold HTML. */
export function statusTooltip(content: TooltipContent): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString()
  tooltip.supportHtml = true
  appendEngine(tooltip, content)
  const { heatmapMetric, completionProbability } = content
  if (heatmapMetric !== undefined) tooltip.appendMarkdown(`\n\n---\n\n${legend(heatmapMetric)}`)
  if (completionProbability !== undefined)
    tooltip.appendMarkdown(`\n\n---\n\nLast completion: p ${formatPercent(completionProbability)}`)
  return tooltip
}

function appendEngine(tooltip: vscode.MarkdownString, { state, modelId }: TooltipContent): void {
  tooltip.appendMarkdown('**Logitscope**: ')
  switch (state.kind) {
    case 'stopped':
      tooltip.appendText(`${modelId}, which starts with the first use`)
      return
    case 'starting':
      tooltip.appendText(`${modelId} is starting`)
      return
    case 'ready':
      tooltip.appendText(`${state.model.id}, ${state.model.description}`)
      tooltip.appendMarkdown('\n\n')
      tooltip.appendText(describeModel(state.model))
      if (state.model.check !== undefined) {
        tooltip.appendMarkdown('\n\n')
        tooltip.appendText(describeCheck(state.model.check))
      }
      return
    case 'failed':
      tooltip.appendText(`${modelId} failed. ${state.message}`)
      return
    default:
      assertNever(state)
  }
}

/** The steps in their colours; VS Code lets through a `style` of exactly this form. */
function legend(metric: Metric): string {
  const { legend, steps } = METRIC_SCALES[metric]
  const marks = STEPS.map(
    (step) =>
      `<span style="color:var(--vscode-logitscope-stepForeground);background-color:var(--vscode-logitscope-step${step}Background);">&nbsp;${steps[step - 1]}&nbsp;</span>`,
  )
  return `${legend}: ${marks.join('&nbsp;')}\n\nthe heavier the underline, the further right`
}
