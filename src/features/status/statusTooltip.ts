import * as vscode from 'vscode'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import { assertNever } from '../../shared/assertNever'
import type { EngineState } from '../../shared/contracts/engine/engineApi'
import type { UnusedBackend } from '../../shared/contracts/engine/backends'
import { backendTitle, describeSelfTest, describeModel } from '../../shared/text/modelText'

export interface TooltipOptions {
  readonly state: EngineState
  /** The selected backends that are not used. */
  readonly unused: readonly UnusedBackend[]
  readonly modelId: string
  readonly entries: readonly StatusEntry[]
}

/** Model and engine, then the paragraphs of the features. HTML is on, so no text of a document may be in it. */
export function statusTooltip({ state, unused, modelId, entries }: TooltipOptions): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString()
  tooltip.supportHtml = true
  appendEngine(tooltip, state, modelId)
  for (const { backend, reason } of unused)
    appendParagraph(tooltip, `${backendTitle(backend)} is not used: ${reason}`)
  for (const entry of entries) {
    const paragraph = entry.tooltip?.()
    if (paragraph !== undefined) tooltip.appendMarkdown(`\n\n---\n\n${paragraph}`)
  }
  return tooltip
}

function appendEngine(tooltip: vscode.MarkdownString, state: EngineState, modelId: string): void {
  tooltip.appendMarkdown('**Logitscope**: ')
  switch (state.kind) {
    case 'stopped':
      tooltip.appendMarkdown(escaped(`${modelId}, loads on first use`))
      return
    case 'starting':
      tooltip.appendMarkdown(escaped(`${modelId} is starting`))
      return
    case 'ready':
      tooltip.appendMarkdown(escaped(`${state.model.id}, ${state.model.description}`))
      appendParagraph(tooltip, describeModel(state.model))
      if (state.model.selfTest !== undefined) {
        appendParagraph(tooltip, describeSelfTest(state.model.selfTest))
      }
      return
    case 'failed':
      tooltip.appendMarkdown(escaped(`${modelId} failed. ${state.message}`))
      return
    default:
      assertNever(state)
  }
}

function appendParagraph(tooltip: vscode.MarkdownString, text: string): void {
  tooltip.appendMarkdown(`\n\n${escaped(text)}`)
}

/** VS Code escapes spaces as well; without them a tooltip breaks its lines within words. */
function escaped(text: string): string {
  return new vscode.MarkdownString().appendText(text).value.replaceAll(/(&nbsp;)+/g, ' ')
}
