import * as vscode from 'vscode'
import { onSettingsChange, readSettings } from '../../editor/settings'
import type { EngineState } from '../../shared/contracts/engineApi'
import type { Heatmap } from '../heatmap/heatmap'
import type { InlineCompletion, LastCompletion } from '../completion/inlineCompletion'
import { showStatusMenu } from './statusMenu'
import { spokenStatus, statusText } from './statusText'
import { statusTooltip } from './statusTooltip'

export interface StatusItemOptions {
  readonly heatmap: Heatmap
  readonly completion: InlineCompletion
  /** The model that the engine will start with. */
  readonly modelId: () => string
  /** What there is to read of it; undefined where nobody knows. */
  readonly modelCard: () => vscode.Uri | undefined
}

/** Model, backend and state in the status bar; its menu is the way to everything else. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'status',
    vscode.StatusBarAlignment.Right,
    PRIORITY,
  )
  private engine: EngineState = { kind: 'stopped' }
  private lastCompletion: LastCompletion | undefined
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly parts: StatusItemOptions) {
    this.item.name = 'Logitscope'
    this.item.command = 'logitscope.showMenu'
    this.subscriptions = vscode.Disposable.from(
      this.item,
      parts.heatmap.onDidChange(() => {
        this.updateTooltip()
      }),
      parts.completion.onDidComplete((completion) => {
        this.lastCompletion = completion
        this.updateTooltip()
      }),
      onSettingsChange((changed) => {
        if (changed('heatmapMetric')) this.updateTooltip()
        if (changed('model')) this.showEngine(this.engine)
      }),
    )
    this.showEngine(this.engine)
    this.item.show()
  }

  showEngine(state: EngineState): void {
    const modelId = this.parts.modelId()
    this.engine = state
    this.item.text = statusText(state, modelId)
    this.item.accessibilityInformation = { label: spokenStatus(state, modelId) }
    this.item.backgroundColor =
      state.kind === 'failed' ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined
    this.updateTooltip()
  }

  async showMenu(): Promise<void> {
    await showStatusMenu({
      state: this.engine,
      modelId: this.parts.modelId(),
      modelCard: this.parts.modelCard(),
      heatmapIsOn: this.parts.heatmap.isOnHere,
      hasCompletion: this.lastCompletion !== undefined,
    })
  }

  dispose(): void {
    this.subscriptions.dispose()
  }

  private updateTooltip(): void {
    this.item.tooltip = statusTooltip({
      state: this.engine,
      modelId: this.parts.modelId(),
      heatmapMetric: this.parts.heatmap.isOnHere ? readSettings().heatmapMetric : undefined,
      completionProbability: this.lastCompletion?.probability,
    })
  }
}

/** Left of what VS Code says of the document, right of what other extensions put there. */
const PRIORITY = 90
