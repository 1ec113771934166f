import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import type { EngineState } from '../../shared/contracts/engineApi'
import { describeBackend } from '../../shared/text/modelText'
import { isAutomatic } from '../completion/automaticCompletion'
import { HOVER_MODE_WORDS } from '../hover/hoverPredictions'

export interface MenuContent {
  readonly state: EngineState
  readonly modelId: string
  readonly modelCard: vscode.Uri | undefined
  readonly heatmapIsOn: boolean
  readonly hasCompletion: boolean
}

/** Asks what to do, and does it. Every entry is a command. */
export async function showStatusMenu(content: MenuContent): Promise<void> {
  const items = [...engineItems(content), ...editorItems(content), ...panelItems(content), ...otherItems()]
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Logitscope',
    placeHolder: 'What to show, and how it is made',
    matchOnDescription: true,
  })
  if (chosen?.run !== undefined) await vscode.commands.executeCommand(chosen.run[0], ...chosen.run.slice(1))
}

interface MenuItem extends vscode.QuickPickItem {
  /** A command and its arguments. */
  readonly run?: readonly [string, ...unknown[]]
}

function engineItems({ state, modelId, modelCard }: MenuContent): MenuItem[] {
  const model = state.kind === 'ready' ? state.model : undefined
  return [
    separator('Model'),
    {
      label: model?.id ?? modelId,
      description: `${model === undefined ? '' : `${model.description} · `}select another one`,
      iconPath: new vscode.ThemeIcon('circuit-board'),
      run: ['logitscope.selectModel'],
    },
    ...(modelCard === undefined ? [] : [cardItem(modelCard)]),
    {
      label: model === undefined ? 'Backend' : describeBackend(model),
      description: `${readSettings().backend} · select another one, set the threads`,
      iconPath: new vscode.ThemeIcon('server-process'),
      run: ['workbench.action.openSettings', '@id:logitscope.backend @id:logitscope.threads'],
    },
    ...(readSettings().backend === 'wasm' || model?.backend === 'webgpu' ? [] : [RETRY_WEBGPU]),
  ]
}

const RETRY_WEBGPU: MenuItem = {
  label: 'Retry WebGPU',
  iconPath: new vscode.ThemeIcon('refresh'),
  run: ['logitscope.retryWebGpu'],
}

/** That of the embedded model is a file, the others are on the hub. */
function cardItem(card: vscode.Uri): MenuItem {
  return {
    label: 'Show the Model’s Card',
    iconPath: new vscode.ThemeIcon('book'),
    run: [card.scheme === 'https' ? 'vscode.open' : 'markdown.showPreview', card],
  }
}

function editorItems({ heatmapIsOn }: MenuContent): MenuItem[] {
  const { hover } = readSettings()
  const automatic = isAutomatic(vscode.window.activeTextEditor?.document ?? { languageId: 'plaintext' })
  return [
    separator('Editor'),
    {
      label: heatmapIsOn ? 'Hide Surprisal in Editor' : 'Show Surprisal in Editor',
      description: heatmapIsOn ? 'on' : 'off',
      iconPath: new vscode.ThemeIcon('symbol-color'),
      run: [heatmapIsOn ? 'logitscope.hideHeatmap' : 'logitscope.showHeatmap'],
    },
    {
      label: 'Toggle Hover Predictions',
      description: HOVER_MODE_WORDS[hover],
      iconPath: new vscode.ThemeIcon('comment'),
      run: ['logitscope.toggleHover'],
    },
    {
      label: 'Toggle Automatic Completion',
      description: automatic ? 'on' : 'off',
      iconPath: new vscode.ThemeIcon('sparkle'),
      run: ['logitscope.toggleAutomaticCompletion'],
    },
  ]
}

function panelItems({ hasCompletion }: MenuContent): MenuItem[] {
  const lastCompletion: MenuItem = {
    label: 'Show Last Completion',
    iconPath: new vscode.ThemeIcon('list-tree'),
    run: ['logitscope.showLastCompletion'],
  }
  return [
    separator('Panel'),
    {
      label: 'Inspect Logits',
      iconPath: new vscode.ThemeIcon('graph'),
      run: ['logitscope.inspectLogits'],
    },
    {
      label: 'Open Panel',
      iconPath: new vscode.ThemeIcon('split-horizontal'),
      run: ['logitscope.focusPanel'],
    },
    ...(hasCompletion ? [lastCompletion] : []),
  ]
}

function otherItems(): MenuItem[] {
  return [
    separator('Logitscope'),
    {
      label: 'Settings',
      iconPath: new vscode.ThemeIcon('gear'),
      run: ['workbench.action.openSettings', '@ext:logitscope.logitscope'],
    },
    {
      label: 'Show Log',
      iconPath: new vscode.ThemeIcon('output'),
      run: ['logitscope.showLog'],
    },
  ]
}

function separator(label: string): MenuItem {
  return { label, kind: vscode.QuickPickItemKind.Separator }
}
