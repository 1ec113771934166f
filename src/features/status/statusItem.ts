import * as vscode from 'vscode'
import { onSettingsChange, readSettings } from '../../editor/settings'
import type { StatusEntry } from '../../editor/statusEntries'
import type { EngineState } from '../../shared/contracts/engineApi'
import { modelCardOf } from './modelCard'
import { showStatusMenu } from './statusMenu'
import { spokenStatus, statusText } from './statusText'
import { statusTooltip } from './statusTooltip'

export interface StatusItemOptions {
  readonly entries: readonly StatusEntry[]
  /** Id of the model that the engine starts with. */
  readonly modelId: () => string
  readonly extensionUri: vscode.Uri
}

/** Model, backend and state in the status bar; a click opens a menu of all features. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'status',
    vscode.StatusBarAlignment.Right,
    PRIORITY,
  )
  private engine: EngineState = { kind: 'stopped' }
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly options: StatusItemOptions) {
    this.item.name = 'Logitscope'
    this.item.command = 'logitscope.showMenu'
    this.subscriptions = vscode.Disposable.from(
      this.item,
      ...options.entries.flatMap(
        ({ onDidChange }) =>
          onDidChange?.(() => {
            this.updateTooltip()
          }) ?? [],
      ),
      onSettingsChange((changed) => {
        if (changed('model')) this.showEngine(this.engine)
      }),
    )
    this.showEngine(this.engine)
    this.item.show()
  }

  showEngine(state: EngineState): void {
    const modelId = this.options.modelId()
    this.engine = state
    this.item.text = statusText(state, modelId)
    this.item.accessibilityInformation = { label: spokenStatus(state, modelId) }
    this.item.backgroundColor =
      state.kind === 'failed' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined
    this.updateTooltip()
  }

  async showMenu(): Promise<void> {
    const { entries, modelId, extensionUri } = this.options
    await showStatusMenu({
      state: this.engine,
      modelId: modelId(),
      modelCard: modelCardOf(readSettings().model, extensionUri),
      entries,
    })
  }

  dispose(): void {
    this.subscriptions.dispose()
  }

  private updateTooltip(): void {
    const { entries, modelId } = this.options
    this.item.tooltip = statusTooltip({ state: this.engine, modelId: modelId(), entries })
  }
}

/** Left of VS Code's document items (language, encoding), right of most extensions' items. */
const PRIORITY = 90
