import * as vscode from 'vscode'
import { type HoverMode, readSettings, writeSetting } from '../../editor/settings'
import { signalOf } from '../../editor/cancellation'
import { rangeOf } from '../../editor/inspectionTarget'
import { type Log, logError } from '../../editor/log'
import { hoverText, hoverTextWithNext } from '../../prediction/hoverText'
import { LatestWork } from '../../prediction/latestWork'
import { type PlacePrediction, predictPlace } from '../../prediction/placePrediction'
import type { PredictionService } from '../../prediction/predictionService'
import { CancelledError } from '../../shared/errors'
import type { Vocabulary } from '../../shared/text/vocabulary'

export interface HoverOptions {
  readonly service: PredictionService
  readonly log: Log
  /** The document was inspected, or has the heatmap on. */
  readonly isWatched: (document: vscode.TextDocument) => boolean
}

/** Where hovers are, as a toggle or a menu says it. */
export const HOVER_MODE_WORDS: Readonly<Record<HoverMode, string>> = {
  inspected: 'in inspected documents',
  always: 'in every document',
  off: 'off',
}

/** Hovering a token shows what the model expected there. */
export class HoverPredictions implements vscode.Disposable {
  private readonly work = new LatestWork<Answer>()
  /** What the work is about. */
  private hovered: vscode.TextDocument | undefined
  /** What the toggle goes back to. */
  private modeBefore: HoverMode = 'inspected'
  private loggedError: string | undefined
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly parts: HoverOptions) {
    this.subscriptions = vscode.Disposable.from(
      vscode.languages.registerHoverProvider('*', {
        provideHover: (document, position, token) => this.provideHover(document, position, token),
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (document === this.hovered && contentChanges.length > 0) this.work.end()
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (document !== this.hovered || !document.isClosed) return
        this.work.end()
        this.hovered = undefined
      }),
    )
  }

  /** Off, or what it was before. */
  async toggle(): Promise<void> {
    const { hover } = readSettings()
    if (hover !== 'off') this.modeBefore = hover
    const mode = hover === 'off' ? this.modeBefore : 'off'
    await writeSetting('hover', mode)
    vscode.window.setStatusBarMessage(`Logitscope: hover predictions ${HOVER_MODE_WORDS[mode]}`, MESSAGE_MS)
  }

  /** Another model speaks from now on. */
  modelChanged(): void {
    this.work.end()
  }

  dispose(): void {
    this.work.end()
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
      // An answer may have been on its way when the edit came that ends the work.
      return answer && document.version === version ? hoverOf(document, position, answer) : undefined
    } catch (error) {
      if (!token.isCancellationRequested) this.logOnce(error)
      return undefined
    }
  }

  /** Undefined where it is not ready in time. */
  private ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { hoverTimeLimit, startToken, topK } = readSettings()
    const offset = document.offsetAt(position)
    this.hovered = document
    return this.work.get({
      about: JSON.stringify([document.uri.toString(), document.version, offset, startToken, topK]),
      work: async (signal) => {
        const { service } = this.parts
        const place = await predictPlace(
          service,
          { text: document.getText(), offset, startToken, topK },
          signal,
        )
        return { place, vocabulary: await service.vocabulary() }
      },
      limit: hoverTimeLimit,
      signal,
    })
  }

  private isWanted(document: vscode.TextDocument): boolean {
    const { hover, hoverLanguages } = readSettings()
    if (hoverLanguages.length > 0 && !hoverLanguages.includes(document.languageId)) return false
    switch (hover) {
      case 'always':
        return true
      case 'inspected':
        return this.parts.isWatched(document)
      case 'off':
        return false
    }
  }

  /** The same error comes back with every move of the mouse. */
  private logOnce(error: unknown): void {
    if (error instanceof CancelledError || String(error) === this.loggedError) return
    this.loggedError = String(error)
    logError(this.parts.log, 'A hover could not be predicted', error)
  }
}

/** How long the status bar says what the toggle has done. */
const MESSAGE_MS = 5000

interface Answer {
  readonly place: PlacePrediction
  readonly vocabulary: Vocabulary
}

/** One character or none. */
const LAST_OF_LINE = /^.?$/su

function hoverOf(
  document: vscode.TextDocument,
  position: vscode.Position,
  { place, vocabulary }: Answer,
): vscode.Hover {
  const line = document.lineAt(position)
  const say = LAST_OF_LINE.test(line.text.slice(position.character)) ? hoverTextWithNext : hoverText
  return new vscode.Hover(
    [new vscode.MarkdownString(say(place, vocabulary)), linksAt(document.offsetAt(position))],
    rangeWithin(line, document, place),
  )
}

/** Apart from the tokens, because it is trusted: nothing of the document is in it but a number. */
function linksAt(offset: number): vscode.MarkdownString {
  const links = new vscode.MarkdownString(
    `[Open the panel at this token](command:logitscope.inspectAt?[${offset}]) · [Next surprising token](command:logitscope.nextSurprising)`,
  )
  links.isTrusted = { enabledCommands: ['logitscope.inspectAt', 'logitscope.nextSurprising'] }
  return links
}

/** VS Code compares the columns of a hover's range whatever its lines are, so it must not leave the line. */
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
