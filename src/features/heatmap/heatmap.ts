import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { StepDecorations } from '../../editor/stepDecorations'
import { type Log, logError } from '../../editor/log'
import type { PredictionService } from '../../prediction/predictionService'
import type { Direction } from '../../prediction/surprisingTokens'
import { CancelledError, EngineStoppedError } from '../../shared/errors'
import { plainMessage } from '../../shared/text/plainMessage'
import { HeatmapDocument } from './heatmapDocument'
import { goToSurprising } from './heatmapList'
import { goToNeighbour } from './heatmapNavigation'

export interface HeatmapOptions {
  readonly service: PredictionService
  readonly log: Log
  /** Keeps which documents have it on. */
  readonly memory: vscode.Memento
}

const MEMORY_KEY = 'heatmap.documents'
/** The ones that were turned on last. */
const REMEMBERED_DOCUMENTS = 100
/** Documents in the background whose scores are worth their memory. */
const KEPT_HIDDEN = 4

/** Colours the tokens of documents by the chosen metric, while they are edited too. */
export class Heatmap implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>()
  /** It was turned on or off for a document, or another editor is active. */
  readonly onDidChange = this.changes.event
  /** The ones that were visible last are last. */
  private readonly documents = new Map<vscode.TextDocument, HeatmapDocument>()
  /** URIs, the one turned on last is last. */
  private readonly on: Set<string>
  private decorations: StepDecorations | undefined
  private navigation = new AbortController()
  private readonly subscriptions: readonly vscode.Disposable[]

  constructor(private readonly parts: HeatmapOptions) {
    this.on = new Set(parts.memory.get<string[]>(MEMORY_KEY))
    this.subscriptions = this.listen()
    this.followEditors()
    this.announce()
  }

  isOn(document: vscode.TextDocument): boolean {
    return isColourable(document) && this.on.has(document.uri.toString())
  }

  /** In the editor that the commands are about. */
  get isOnHere(): boolean {
    const editor = currentEditor()
    return editor !== undefined && this.isOn(editor.document)
  }

  /** For the active editor's document. */
  show(): void {
    const editor = currentEditor()
    if (editor === undefined) tellNoEditor()
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
    const vocabulary = () => this.parts.service.vocabulary()
    await this.navigate((heatmap, editor, signal) => goToSurprising(heatmap, editor, vocabulary, signal))
  }

  /** The metric or the start token has changed. */
  settingsChanged(): void {
    const { startToken } = readSettings()
    for (const [document, { scores }] of [...this.documents])
      if (scores.startToken !== startToken) this.drop(document)
    this.followEditors()
  }

  /** Another model speaks from now on: no score of the one before stays. */
  modelChanged(): void {
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
        // A document whose language changes is closed and opened without being closed.
        if (document.isClosed) this.forget(document)
      }),
    ]
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
    for (const document of hidden) this.documents.get(document)?.rest()
    for (const document of hidden.slice(0, -KEPT_HIDDEN)) this.drop(document)
  }

  private open(document: vscode.TextDocument): HeatmapDocument {
    let heatmap = this.documents.get(document)
    if (heatmap === undefined) {
      this.decorations ??= new StepDecorations()
      heatmap = new HeatmapDocument({
        document,
        service: this.parts.service,
        decorations: this.decorations,
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

  /** An untitled document's name will be that of another one. */
  private forget(document: vscode.TextDocument): void {
    this.drop(document)
    if (document.isUntitled) this.remember(document, 'off')
  }

  private turnOn(document: vscode.TextDocument): void {
    this.remember(document, 'on')
    this.followEditors()
    this.announce()
  }

  private turnOff(document: vscode.TextDocument): void {
    this.remember(document, 'off')
    this.drop(document)
    this.announce()
  }

  private remember({ uri }: vscode.TextDocument, state: 'on' | 'off'): void {
    this.on.delete(uri.toString())
    if (state === 'on') this.on.add(uri.toString())
    void this.parts.memory.update(MEMORY_KEY, [...this.on].slice(-REMEMBERED_DOCUMENTS))
  }

  private announce(): void {
    void vscode.commands.executeCommand('setContext', 'logitscope.heatmapOn', this.isOnHere)
    this.changes.fire()
  }

  /** One at a time, in the current editor; turns the heatmap on where it is off. */
  private async navigate(
    go: (heatmap: HeatmapDocument, editor: vscode.TextEditor, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.navigation.abort(new CancelledError())
    this.navigation = new AbortController()
    const editor = currentEditor()
    if (editor === undefined) {
      tellNoEditor()
      return
    }
    const { document } = editor
    if (!this.isOn(document)) this.turnOn(document)
    try {
      await go(this.open(document), editor, this.navigation.signal)
    } catch (error) {
      if (error instanceof EngineStoppedError)
        void vscode.window.showInformationMessage('The engine was started anew meanwhile. Look again.')
      else this.failed(document, error)
    }
  }

  /** Says so once, and stops. */
  private failed(document: vscode.TextDocument, error: unknown): void {
    if (error instanceof CancelledError || !this.isOn(document)) return
    const sentence = logError(this.parts.log, 'The heatmap failed', error)
    this.turnOff(document)
    const name = vscode.workspace.asRelativePath(document.uri, false)
    void vscode.window.showErrorMessage(
      plainMessage(`Surprisal of ${name} is not shown any more. ${sentence}`),
    )
  }
}

/** Nobody wants the output coloured. */
function isColourable(document: vscode.TextDocument): boolean {
  return document.uri.scheme !== 'output'
}

/** The active one; while a panel is active, one that is visible. */
function currentEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window
  return [activeTextEditor, ...visibleTextEditors].find(
    (editor) => editor !== undefined && isColourable(editor.document),
  )
}

function tellNoEditor(): void {
  void vscode.window.showInformationMessage('Open a text first: there is no editor to show surprisal in.')
}
