import * as vscode from 'vscode'
import type { Feature } from '../../editor/registration/feature'
import { setContext } from '../../editor/ui/contextKeys'
import { onFileMoved } from '../../editor/documents/fileMoves'
import { readSettings } from '../../editor/settings'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import type { ShownInspection } from '../../editor/shownInspection'
import type { FileMove } from '../../editor/documents/uriAfterMove'
import { type Log, logError } from '../../editor/log'
import { showInformation } from '../../editor/ui/notifications'
import { describeFailure } from '../../prediction/failureText'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { Direction } from '../../prediction/live/surprisingTokens'
import { CancelledError, EngineStoppedError } from '../../shared/errors'
import { HeatmapDocument } from './heatmapDocument'
import { reportHeatmapFailure } from './heatmapFailure'
import { HeatmapDecorations } from './heatmapDecorations'
import { deltaLegend, heatmapLegend } from './heatmapLegend'
import { goToSurprising } from './heatmapList'
import { goToNeighbour } from './heatmapNavigation'
import { RememberedDocuments } from './rememberedDocuments'

export interface HeatmapOptions {
  readonly service: PredictionService
  readonly log: Log
  readonly inspection: Pick<ShownInspection, 'comparedInspectionOf' | 'onDidChangeComparison'>
  /** Stores the URIs of the documents whose heatmap is on. */
  readonly memory: vscode.Memento
}

/** Documents that are not visible but keep their scores in memory. */
const MAX_HIDDEN_DOCUMENTS = 4

/** Colours the tokens of documents by the chosen metric and keeps the colours up to date during edits. */
export class Heatmap implements Feature, vscode.Disposable {
  /** Fires when the heatmap of the current editor or the metric changes. */
  private readonly changes = new vscode.EventEmitter<void>()
  readonly statusEntries: readonly StatusEntry[] = [
    {
      menuItem: () => {
        const isOn = this.isOnHere
        return {
          group: 'Editor',
          label: isOn ? 'Hide Surprisal in Editor' : 'Show Surprisal in Editor',
          description: isOn ? 'on' : 'off',
          icon: 'symbol-color',
          command: [isOn ? 'logitscope.hideHeatmap' : 'logitscope.showHeatmap'],
        }
      },
      tooltip: () => this.legend(),
      onDidChange: this.changes.event,
    },
  ]
  /** Ordered by when they were last visible, the most recent last. */
  private readonly documents = new Map<vscode.TextDocument, HeatmapDocument>()
  private readonly on: RememberedDocuments
  /** The message of the last reported failure: the same failure is reported once for all documents. */
  private reported: string | undefined
  private decorations: HeatmapDecorations | undefined
  private navigation = new AbortController()
  private readonly subscriptions: readonly vscode.Disposable[]

  constructor(private readonly options: HeatmapOptions) {
    this.on = new RememberedDocuments(options.memory)
    this.subscriptions = this.listen()
    this.followEditors()
    this.announce()
  }

  isOn(document: vscode.TextDocument): boolean {
    return isColourable(document) && this.on.has(document.uri.toString())
  }

  /** Whether the heatmap is on in the editor that the commands act on. */
  private get isOnHere(): boolean {
    const editor = currentEditor()
    return editor !== undefined && this.isOn(editor.document)
  }

  /** Explains the colours in the editor that the commands act on; undefined if it has none. */
  private legend(): string | undefined {
    const document = currentEditor()?.document
    if (document === undefined || !this.isOn(document)) return undefined
    const { heatmapMetric, heatmapDelta } = readSettings()
    const compared = heatmapDelta ? this.options.inspection.comparedInspectionOf(document) : undefined
    return compared === undefined ? heatmapLegend(heatmapMetric) : deltaLegend(compared)
  }

  /** Turns the heatmap on for the current editor's document. */
  show(): void {
    const editor = currentEditor()
    if (editor === undefined) showNoEditor()
    else this.turnOn(editor.document)
  }

  hide(): void {
    const editor = currentEditor()
    if (editor !== undefined) this.turnOff(editor.document)
  }

  async goToNeighbour(direction: Direction): Promise<void> {
    await this.navigate((heatmap, editor, signal) => goToNeighbour(heatmap, editor, direction, signal))
  }

  async goToSurprising(): Promise<void> {
    const vocabulary = () => this.options.service.vocabulary()
    await this.navigate((heatmap, editor, signal) => goToSurprising(heatmap, editor, vocabulary, signal))
  }

  /** Applies a changed metric or start token. */
  settingsChanged(): void {
    const { startToken } = readSettings()
    for (const [document, heatmap] of [...this.documents])
      if (heatmap.scores.startToken !== startToken) this.drop(document)
      else heatmap.comparisonChanged()
    this.followEditors()
    this.changes.fire()
  }

  /** Drops all scores of the previous model. */
  modelChanged(): void {
    this.reported = undefined
    for (const document of [...this.documents.keys()]) this.drop(document)
    this.followEditors()
  }

  dispose(): void {
    this.navigation.abort(new CancelledError())
    for (const document of [...this.documents.keys()]) this.drop(document)
    for (const subscription of this.subscriptions) subscription.dispose()
    this.decorations?.dispose()
    this.changes.dispose()
  }

  private listen(): vscode.Disposable[] {
    return [
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.announce()
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.followEditors()
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        this.documents.get(textEditor.document)?.viewChanged()
      }),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        this.documents.get(textEditor.document)?.repaint()
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.documents.get(document)?.edited(contentChanges)
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        // A change of language fires this event too, but then `isClosed` is false.
        if (document.isClosed) this.forget(document)
      }),
      this.options.inspection.onDidChangeComparison(() => {
        for (const heatmap of this.documents.values()) heatmap.comparisonChanged()
        this.changes.fire()
      }),
      onFileMoved((move) => {
        this.fileMoved(move)
      }),
    ]
  }

  /** VS Code opens a renamed file as another document: its colours are painted when that becomes visible. */
  private fileMoved(move: FileMove): void {
    if (!this.on.follow(move)) return
    for (const document of [...this.documents.keys()]) if (!this.isOn(document)) this.drop(document)
    this.followEditors()
    this.announce()
  }

  private followEditors(): void {
    const visible = new Set(vscode.window.visibleTextEditors.map(({ document }) => document))
    for (const document of visible) {
      if (!this.isOn(document)) continue
      const heatmap = this.open(document)
      this.documents.delete(document)
      this.documents.set(document, heatmap)
      heatmap.viewChanged()
    }
    const hidden = [...this.documents.keys()].filter((document) => !visible.has(document))
    for (const document of hidden) this.documents.get(document)?.pause()
    for (const document of hidden.slice(0, -MAX_HIDDEN_DOCUMENTS)) this.drop(document)
  }

  private open(document: vscode.TextDocument): HeatmapDocument {
    let heatmap = this.documents.get(document)
    if (heatmap === undefined) {
      this.decorations ??= new HeatmapDecorations()
      heatmap = new HeatmapDocument({
        document,
        service: this.options.service,
        decorations: this.decorations,
        inspection: this.options.inspection,
        onFailure: (error) => {
          this.failed(document, error)
        },
      })
      this.documents.set(document, heatmap)
    }
    return heatmap
  }

  private drop(document: vscode.TextDocument): void {
    this.documents.get(document)?.dispose()
    this.documents.delete(document)
  }

  /** VS Code reuses the URI of an untitled document, so it must not stay turned on. */
  private forget(document: vscode.TextDocument): void {
    this.drop(document)
    if (document.isUntitled) this.on.remove(document.uri.toString())
  }

  private turnOn(document: vscode.TextDocument): void {
    this.on.add(document.uri.toString())
    this.reported = undefined
    this.followEditors()
    this.announce()
  }

  private turnOff(document: vscode.TextDocument): void {
    this.on.remove(document.uri.toString())
    this.drop(document)
    this.announce()
  }

  private announce(): void {
    setContext('heatmapOn', this.isOnHere)
    this.changes.fire()
  }

  /** Runs one navigation at a time in the current editor; turns the heatmap on if it is off. */
  private async navigate(
    go: (heatmap: HeatmapDocument, editor: vscode.TextEditor, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.navigation.abort(new CancelledError())
    this.navigation = new AbortController()
    const editor = currentEditor()
    if (editor === undefined) {
      showNoEditor()
      return
    }
    const { document } = editor
    if (!this.isOn(document)) this.turnOn(document)
    try {
      await go(this.open(document), editor, this.navigation.signal)
    } catch (error) {
      if (error instanceof EngineStoppedError) void showInformation('The engine restarted. Try again.')
      else this.failed(document, error)
    }
  }

  /** Turns the heatmap off and says why, unless it was cancelled. */
  private failed(document: vscode.TextDocument, error: unknown): void {
    if (error instanceof CancelledError || !this.isOn(document)) return
    logError(this.options.log, 'The heatmap failed', error)
    this.turnOff(document)
    const failure = describeFailure(error)
    if (failure.message === this.reported) return
    this.reported = failure.message
    void reportHeatmapFailure(document, failure)
  }
}

/** Output channels are not coloured. */
function isColourable(document: vscode.TextDocument): boolean {
  return document.uri.scheme !== 'output'
}

/** The active editor, or a visible one while a panel is active. */
function currentEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window
  return [activeTextEditor, ...visibleTextEditors].find(
    (editor) => editor !== undefined && isColourable(editor.document),
  )
}

function showNoEditor(): void {
  void showInformation('No text editor is open. Open a text to show its surprisal.')
}
