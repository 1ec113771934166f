import * as vscode from 'vscode'
import { showWarning } from '../../editor/ui/notifications'
import { plainMessage } from '../../shared/text/plainMessage'

/** Whether automatic completion is on for a document or language. */
export function isAutomatic(scope: vscode.ConfigurationScope): boolean {
  return vscode.workspace.getConfiguration(SECTION, scope).get(SETTING) === true
}

/** Toggles automatic completion for all languages without their own setting. */
export async function toggleAutomatic(): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION)
  const automatic = configuration.get(SETTING) !== true
  const inWorkspace = configuration.inspect(SETTING)?.workspaceValue !== undefined
  await configuration.update(SETTING, automatic, target(inWorkspace))
  showResult(automatic ? 'on' : 'off', '')
}

/** Toggles automatic completion for the document's language. */
export async function toggleAutomaticFor(document: vscode.TextDocument): Promise<void> {
  const { languageId } = document
  const configuration = vscode.workspace.getConfiguration(SECTION, { languageId })
  const automatic = configuration.get(SETTING) !== true
  const inWorkspace = configuration.inspect(SETTING)?.workspaceLanguageValue !== undefined
  await configuration.update(SETTING, automatic, target(inWorkspace), true)
  showResult(automatic ? 'on' : 'off', ` in ${plainMessage(languageId)}`)
}

/**
 * Warns when automatic completion is turned on while another extension completes too, because VS Code shows only one
 * suggestion at a time. Warns once; `memory` stores that it has.
 */
export function warnOfOtherCompletion(memory: vscode.Memento): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration(`${SECTION}.${SETTING}`) || memory.get(WARNED) === true) return
    const { activeTextEditor } = vscode.window
    if (!isAutomatic(activeTextEditor?.document ?? { languageId: 'plaintext' })) return
    const other = OTHER_COMPLETION.map((id) => vscode.extensions.getExtension(id)).find(
      (extension) => extension?.isActive === true,
    )
    if (other === undefined) return
    void memory.update(WARNED, true)
    void showWarning(
      `${nameOf(other)} also completes while you type. VS Code shows one suggestion at a time, so turn one of them off.`,
    )
  })
}

const SECTION = 'logitscope.completion'
const SETTING = 'automatic'
const WARNED = 'completion.warnedOfOther'
/** How long the status bar shows the result of a toggle. */
const MESSAGE_MS = 5000

const OTHER_COMPLETION = [
  'AmazonWebServices.amazon-q-vscode',
  'Codeium.codeium',
  'Continue.continue',
  'GitHub.copilot',
  'GitHub.copilot-chat',
  'Google.geminicodeassist',
  'JetBrains.jetbrains-ai-assistant',
  'sourcegraph.cody-ai',
  'Supermaven.supermaven',
  'TabbyML.vscode-tabby',
  'TabNine.tabnine-vscode',
  'VisualStudioExptTeam.vscodeintellicode-completions',
]

function target(inWorkspace: boolean): vscode.ConfigurationTarget {
  return inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global
}

function showResult(state: 'on' | 'off', scope: string): void {
  vscode.window.setStatusBarMessage(`Logitscope: automatic completion ${state}${scope}`, MESSAGE_MS)
}

function nameOf({ id, packageJSON }: vscode.Extension<unknown>): string {
  const { displayName } = packageJSON as { readonly displayName?: unknown }
  return typeof displayName === 'string' ? displayName : id
}
