import * as vscode from 'vscode'
import { showInformation } from '../../editor/ui/notifications'
import type { Failure } from '../../prediction/failureText'
import { REMEDY_LABELS } from '../../shared/remedies'

/** Says why a document has no colours, and offers the remedies. */
export async function reportHeatmapFailure(
  document: vscode.TextDocument,
  { message, remedies }: Failure,
): Promise<void> {
  const name = vscode.workspace.asRelativePath(document.uri, false)
  const chosen = await showInformation(
    `Surprisal cannot be shown in ${name}. ${message}`,
    ...remedies.map((remedy) => REMEDY_LABELS[remedy]),
  )
  const remedy = remedies.find((remedy) => REMEDY_LABELS[remedy] === chosen)
  if (remedy !== undefined) await vscode.commands.executeCommand(`logitscope.${remedy}`)
}
