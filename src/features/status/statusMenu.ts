import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { STATUS_GROUPS, type StatusEntry, type StatusMenuItem } from '../../editor/ui/statusEntries'
import type { EngineState } from '../../shared/contracts/engine/engineApi'
import { describeBackend } from '../../shared/text/modelText'
import { plainMessage } from '../../shared/text/plainMessage'

export interface StatusMenuOptions {
  readonly state: EngineState
  readonly modelId: string
  readonly modelCard: vscode.Uri | undefined
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: boolean
  /** Whether the fastest selected backend is in use. */
  readonly isFastest: boolean
  readonly entries: readonly StatusEntry[]
}

/** Shows the menu and runs the command of the chosen item. */
export async function showStatusMenu(options: StatusMenuOptions): Promise<void> {
  const items = [
    ...engineItems(options),
    ...options.entries.flatMap((entry) => entry.menuItem?.() ?? []),
    ...OTHER_ITEMS,
  ]
  const chosen = await vscode.window.showQuickPick(
    STATUS_GROUPS.flatMap((group) => sectionOf(group, items)),
    {
      title: 'Logitscope',
      placeHolder: 'Select an action',
      matchOnDescription: true,
    },
  )
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(...chosen.command)
}

interface PickItem extends vscode.QuickPickItem {
  readonly command?: StatusMenuItem['command']
}

/** An item may name a model's folder, so its texts are made plain. */
function sectionOf(group: StatusMenuItem['group'], items: readonly StatusMenuItem[]): PickItem[] {
  return [
    { label: group, kind: vscode.QuickPickItemKind.Separator },
    ...items
      .filter((item) => item.group === group)
      .map(({ label, description, icon, command }) => ({
        label: plainMessage(label),
        ...(description !== undefined && { description: plainMessage(description) }),
        iconPath: new vscode.ThemeIcon(icon),
        command,
      })),
  ]
}

function engineItems({
  state,
  modelId,
  modelCard,
  offersNative,
  isFastest,
}: StatusMenuOptions): StatusMenuItem[] {
  const model = state.kind === 'ready' ? state.model : undefined
  const { backend } = readSettings()
  return [
    {
      group: 'Model',
      label: model?.id ?? modelId,
      description: `${model === undefined ? '' : `${model.description} · `}select another model`,
      icon: 'circuit-board',
      command: ['logitscope.selectModel'],
    },
    ...(modelCard === undefined ? [] : [cardItem(modelCard)]),
    {
      group: 'Model',
      label: model === undefined ? 'Backend' : describeBackend(model),
      description: `${backend} · change backend or threads`,
      icon: 'server-process',
      command: ['workbench.action.openSettings', '@id:logitscope.backend @id:logitscope.threads'],
    },
    ...(backend === 'wasm' || isFastest ? [] : [RETRY_BACKEND]),
    ...(offersNative ? [INSTALL_NATIVE] : []),
  ]
}

const RETRY_BACKEND: StatusMenuItem = {
  group: 'Model',
  label: 'Retry Backend',
  icon: 'refresh',
  command: ['logitscope.retryBackend'],
}

const INSTALL_NATIVE: StatusMenuItem = {
  group: 'Model',
  label: 'Install Logitscope Native',
  description: 'runs the model several times as fast',
  icon: 'rocket',
  command: ['logitscope.installNative'],
}

/** The embedded model's card is a Markdown file, the other cards are web pages. */
function cardItem(card: vscode.Uri): StatusMenuItem {
  return {
    group: 'Model',
    label: 'Show Model Card',
    icon: 'book',
    command: [card.scheme === 'https' ? 'vscode.open' : 'markdown.showPreview', card],
  }
}

const OTHER_ITEMS: readonly StatusMenuItem[] = [
  {
    group: 'Logitscope',
    label: 'Settings',
    icon: 'gear',
    command: ['workbench.action.openSettings', '@ext:logitscope.logitscope'],
  },
  {
    group: 'Logitscope',
    label: 'Show Log',
    icon: 'output',
    command: ['logitscope.showLog'],
  },
]
