import * as vscode from 'vscode'
import { readArgument } from '../../editor/registration/commandArguments'
import { showInformation, showWarning } from '../../editor/ui/notifications'
import { plainMessage } from '../../shared/text/plainMessage'

/** Whether automatic completion is on for a document or language. */
export function isAutomatic(scope: vscode.ConfigurationScope): boolean {
  return vscode.workspace.getConfiguration(SECTION, scope).get(SETTING) === true
}

/**
 * Toggles automatic completion in the scope of `args`, for example `{ "scope": "language" }`. Asks for it if it is missing
 * and an editor has a language to choose.
 */
export async function toggleAutomaticCompletion(args: unknown): Promise<void> {
  const scope = readArgument(args, 'scope', SCOPES)
  const document = vscode.window.activeTextEditor?.document
  switch (scope ?? (document === undefined ? 'all' : await askForScope(document))) {
    case 'all':
      await toggleAutomatic()
      break
    case 'language':
      if (document === undefined) void showInformation(NO_LANGUAGE)
      else await toggleAutomaticFor(document)
      break
    case undefined:
      break
  }
}

const SCOPES = ['all', 'language'] as const
type Scope = (typeof SCOPES)[number]

const NO_LANGUAGE = 'No text editor is open. Open a text to toggle automatic completion for its language.'

async function askForScope({ languageId }: vscode.TextDocument): Promise<Scope | undefined> {
  const items: readonly (vscode.QuickPickItem & { readonly scope: Scope })[] = [
    { label: 'All Languages', description: stateText(isOn(configurationOf())), scope: 'all' },
    {
      label: `Only ${plainMessage(languageId)}`,
      description: stateText(isOn(configurationOf(languageId))),
      scope: 'language',
    },
  ]
  return (await vscode.window.showQuickPick(items, { title: 'Toggle Automatic Completion' }))?.scope
}

/** Toggles automatic completion for all languages without their own setting. */
async function toggleAutomatic(): Promise<void> {
  const configuration = configurationOf()
  const automatic = !isOn(configuration)
  const inWorkspace = configuration.inspect(SETTING)?.workspaceValue !== undefined
  await configuration.update(SETTING, automatic, target(inWorkspace))
  showResult(automatic, '')
}

/** Toggles automatic completion for the document's language. */
async function toggleAutomaticFor({ languageId }: vscode.TextDocument): Promise<void> {
  const configuration = configurationOf(languageId)
  const automatic = !isOn(configuration)
  const inWorkspace = configuration.inspect(SETTING)?.workspaceLanguageValue !== undefined
  await configuration.update(SETTING, automatic, target(inWorkspace), true)
  showResult(automatic, ` in ${plainMessage(languageId)}`)
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

function configurationOf(languageId?: string): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION, languageId === undefined ? undefined : { languageId })
}

function isOn(configuration: vscode.WorkspaceConfiguration): boolean {
  return configuration.get(SETTING) === true
}

function stateText(automatic: boolean): 'on' | 'off' {
  return automatic ? 'on' : 'off'
}

function showResult(automatic: boolean, scope: string): void {
  vscode.window.setStatusBarMessage(
    `Logitscope: automatic completion ${stateText(automatic)}${scope}`,
    MESSAGE_MS,
  )
}

function nameOf({ id, packageJSON }: vscode.Extension<unknown>): string {
  const { displayName } = packageJSON as { readonly displayName?: unknown }
  return typeof displayName === 'string' ? displayName : id
}
