import * as vscode from 'vscode'
import type { Feature } from '../../editor/registration/feature'
import { type HoverMode, readHoverMode, readSettings, writeHoverMode } from '../../editor/settings'
import { signalOf } from '../../editor/cancellation'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import { rangeOf } from '../../editor/documents/inspectionTarget'
import { type Log, logError } from '../../editor/log'
import type { ShownInspection } from '../../editor/shownInspection'
import { comparedIn } from '../../prediction/compare/comparedPlaces'
import {
  HOVER_TOP_K,
  hoverText,
  hoverTextWithNext,
  type HoveredPlace,
  type PlaceComparison,
} from '../../prediction/live/hoverText'
import { LatestWork } from '../../prediction/live/latestWork'
import { type PlacePrediction, predictPlace } from '../../prediction/live/placePrediction'
import type { PredictionService } from '../../prediction/windows/predictionService'
import { assertNever } from '../../shared/assertNever'
import { CancelledError } from '../../shared/errors'
import { sideNames } from '../../shared/text/comparisonText'
import type { Vocabulary } from '../../shared/text/vocabulary'

export interface HoverOptions {
  readonly service: PredictionService
  readonly log: Log
  /** Whether the document was inspected or its heatmap is on. */
  readonly isWatched: (document: vscode.TextDocument) => boolean
  readonly inspection: Pick<ShownInspection, 'comparedInspectionOf'>
}

/** Hovering a token shows what the model expected there. */
export class HoverPredictions implements Feature, vscode.Disposable {
  readonly statusEntries: readonly StatusEntry[] = [
    {
      menuItem: () => ({
        group: 'Editor',
        label: 'Toggle Hover Predictions',
        description: MODE_LABELS[readHoverMode(vscode.window.activeTextEditor?.document)],
        icon: 'comment',
        command: ['logitscope.toggleHover'],
      }),
    },
  ]
  private readonly work = new LatestWork<Answer>()
  /** The document of the current work. */
  private hovered: vscode.TextDocument | undefined
  /** The mode that `toggle` restores. */
  private modeBefore: HoverMode = 'inspected'
  private loggedError: string | undefined
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly options: HoverOptions) {
    this.subscriptions = vscode.Disposable.from(
      vscode.languages.registerHoverProvider('*', {
        provideHover: (document, position, token) => this.provideHover(document, position, token),
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (document === this.hovered && contentChanges.length > 0) this.work.cancel()
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (document !== this.hovered || !document.isClosed) return
        this.work.cancel()
        this.hovered = undefined
      }),
    )
  }

  /** Turns hovers off, or back to the previous mode: only for the active editor's language if that has its own setting. */
  async toggle(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document
    const hover = readHoverMode(document)
    if (hover !== 'off') this.modeBefore = hover
    const mode = hover === 'off' ? this.modeBefore : 'off'
    await writeHoverMode(mode, document)
    vscode.window.setStatusBarMessage(`Logitscope: hover predictions ${MODE_LABELS[mode]}`, MESSAGE_MS)
  }

  /** Cancels the work of the previous model. */
  modelChanged(): void {
    this.work.cancel()
  }

  dispose(): void {
    this.work.cancel()
    this.subscriptions.dispose()
  }

  private async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!this.isWanted(document)) return undefined
    const { version } = document
    try {
      const answer = await this.ask(document, position, signalOf(token))
      // The document may have been edited after the work was done.
      if (answer === undefined || document.version !== version) return undefined
      const comparison = this.comparisonAt(document, position)
      return hoverOf(document, position, { ...answer, place: { ...answer.place, comparison } })
    } catch (error) {
      if (!token.isCancellationRequested) this.logOnce(error)
      return undefined
    }
  }

  /** Undefined if the prediction is not ready within the time limit. */
  private ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { hoverTimeLimit, startToken } = readSettings()
    const offset = document.offsetAt(position)
    this.hovered = document
    return this.work.get({
      key: JSON.stringify([document.uri.toString(), document.version, offset, startToken]),
      work: async (signal) => {
        const { service } = this.options
        const place = await predictPlace(
          service,
          { text: document.getText(), offset, startToken, topK: HOVER_TOP_K },
          signal,
        )
        return { place, vocabulary: await service.vocabulary() }
      },
      limit: hoverTimeLimit,
      signal,
    })
  }

  /** Undefined if the panel does not compare the document. */
  private comparisonAt(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): PlaceComparison | undefined {
    const inspection = this.options.inspection.comparedInspectionOf(document)
    if (inspection === undefined) return undefined
    const start = document.offsetAt(position)
    return { names: sideNames(inspection), places: comparedIn(inspection, { start, end: start + 1 }) }
  }

  private isWanted(document: vscode.TextDocument): boolean {
    const hover = readHoverMode(document)
    switch (hover) {
      case 'always':
        return true
      case 'inspected':
        return this.options.isWatched(document)
      case 'off':
        return false
      default:
        return assertNever(hover)
    }
  }

  /** Logs an error once, because every move of the mouse may repeat it. */
  private logOnce(error: unknown): void {
    if (error instanceof CancelledError || String(error) === this.loggedError) return
    this.loggedError = String(error)
    logError(this.options.log, 'Predicting a hover failed', error)
  }
}

const MODE_LABELS: Readonly<Record<HoverMode, string>> = {
  inspected: 'in inspected documents',
  always: 'in all documents',
  off: 'off',
}
/** How long the status bar shows the result of the toggle. */
const MESSAGE_MS = 5000

interface Answer {
  readonly place: HoveredPlace
  readonly vocabulary: Vocabulary
}

/** Matches the rest of a line from its last character on. There the hover also shows the prediction after the line. */
const LAST_OF_LINE = /^.?$/su

function hoverOf(
  document: vscode.TextDocument,
  position: vscode.Position,
  { place, vocabulary }: Answer,
): vscode.Hover {
  const line = document.lineAt(position)
  const textOf = LAST_OF_LINE.test(line.text.slice(position.character)) ? hoverTextWithNext : hoverText
  return new vscode.Hover(
    [linksAt(document.offsetAt(position)), new vscode.MarkdownString(textOf(place, vocabulary))],
    rangeWithin(line, document, place),
  )
}

/**
 * First in the hover, so that it is visible without scrolling. A separate Markdown string, because it is trusted: it
 * contains a number and no text of the document.
 */
function linksAt(offset: number): vscode.MarkdownString {
  const links = new vscode.MarkdownString(
    `[Open the panel at this token](command:logitscope.inspectAt?[${offset}]) · [Next surprising token](command:logitscope.nextSurprising)`,
  )
  links.isTrusted = { enabledCommands: ['logitscope.inspectAt', 'logitscope.nextSurprising'] }
  return links
}

/** VS Code ignores lines when it compares a hover's range with the mouse, so the range must stay within the line. */
function rangeWithin(
  line: vscode.TextLine,
  document: vscode.TextDocument,
  { tokens }: PlacePrediction,
): vscode.Range | undefined {
  const first = tokens.at(0)
  const last = tokens.at(-1)
  if (first === undefined || last === undefined) return undefined
  return rangeOf(document, { start: first.range.start, end: last.range.end }).intersection(line.range)
}
