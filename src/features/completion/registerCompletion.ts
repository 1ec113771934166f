import * as vscode from 'vscode'
import type { FeatureOptions } from '../../editor/registration/feature'
import { registerCommands } from '../../editor/registration/registerCommands'
import type { ShownInspection } from '../../editor/shownInspection'
import { toggleAutomaticCompletion } from './automaticCompletion'
import { InlineCompletion } from './inlineCompletion'

/** Completes the text at the cursor, on request or while the user types. */
export function registerCompletion({
  context,
  service,
  log,
  inspection,
}: FeatureOptions & { readonly inspection: ShownInspection }): InlineCompletion {
  const completion = new InlineCompletion({ service, log, memory: context.globalState, inspection })
  context.subscriptions.push(
    completion,
    registerCommands({
      complete: () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger'),
      toggleAutomaticCompletion,
      showLastCompletion: () => completion.showLast(),
    }),
  )
  return completion
}
