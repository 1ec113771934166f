import * as vscode from 'vscode'
import { showError } from '../../../editor/ui/notifications'
import type { Failure } from '../../../prediction/failureText'
import { REMEDY_LABELS } from '../../../shared/remedies'

/** Shows a failure in a notification, with a button for each remedy. */
export function notifyFailure({ message, remedies }: Failure): void {
  const commands = [
    ...remedies.map((remedy) => ({ label: REMEDY_LABELS[remedy], command: remedy })),
    { label: 'Show Log', command: 'showLog' },
  ]
  void showError(`Logitscope: ${message}`, ...commands.map(({ label }) => label)).then((answer) => {
    const chosen = commands.find(({ label }) => label === answer)
    if (chosen !== undefined) void vscode.commands.executeCommand(`logitscope.${chosen.command}`)
  })
}
