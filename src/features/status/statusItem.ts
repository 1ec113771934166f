import * as vscode from 'vscode'
import { onSettingsChange, readSettings } from '../../editor/settings'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import type { UnusedBackend } from '../../shared/contracts/engine/backends'
import type { EngineState } from '../../shared/contracts/engine/engineApi'
import { modelCardOf } from './modelCard'
import { showStatusMenu } from './statusMenu'
import { spokenStatus, statusText } from './statusText'
import { statusTooltip } from './statusTooltip'

export interface StatusItemOptions {
  readonly entries: readonly StatusEntry[]
  /** Id of the model that the engine starts with. */
  readonly modelId: () => string
  /** Whether to offer the installation of Logitscope Native. */
  readonly offersNative: () => boolean
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
  private unused: readonly UnusedBackend[] = []
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
        if (changed('model')) this.showEngine(this.engine, this.unused)
      }),
    )
    this.showEngine(this.engine, this.unused)
    this.item.show()
  }

  /** @param unused the selected backends that are not used, with the reasons */
  showEngine(state: EngineState, unused: readonly UnusedBackend[]): void {
    const modelId = this.options.modelId()
    this.engine = state
    this.unused = unused
    this.item.text = statusText(state, modelId)
    this.item.accessibilityInformation = { label: spokenStatus(state, modelId) }
    this.item.backgroundColor =
      state.kind === 'failed' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined
    this.updateTooltip()
  }

  async showMenu(): Promise<void> {
    const { entries, modelId, offersNative, extensionUri } = this.options
    await showStatusMenu({
      state: this.engine,
      modelId: modelId(),
      modelCard: modelCardOf(readSettings().model, extensionUri),
      offersNative: offersNative(),
      isFastest: this.engine.kind === 'ready' && this.unused.length === 0,
      entries,
    })
  }

  dispose(): void {
    this.subscriptions.dispose()
  }

  private updateTooltip(): void {
    const { entries, modelId } = this.options
    this.item.tooltip = statusTooltip({
      state: this.engine,
      unused: this.unused,
      modelId: modelId(),
      entries,
    })
  }
}

/** Left of VS Code's document items (language, encoding), right of most extensions' items. */
const PRIORITY = 90
