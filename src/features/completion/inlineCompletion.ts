import * as vscode from 'vscode'
import type { Feature } from '../../editor/registration/feature'
import { setContext } from '../../editor/ui/contextKeys'
import type { ShownInspection } from '../../editor/shownInspection'
import type { StatusEntry } from '../../editor/ui/statusEntries'
import { readCompletionSettings, readSettings } from '../../editor/settings'
import { signalOf } from '../../editor/cancellation'
import { type Log, logError } from '../../editor/log'
import { showError } from '../../editor/ui/notifications'
import { type Completion, type CompletionRequest, complete } from '../../prediction/live/completion'
import type { CompletionPlace } from '../../prediction/live/inspectCompletion'
import type { PredictionService } from '../../prediction/windows/predictionService'
import { restOfCompletion } from '../../prediction/live/restOfCompletion'
import { delay } from '../../shared/delay'
import { CancelledError } from '../../shared/errors'
import { formatProbability } from '../../shared/text/format'
import { isAutomatic, warnOfOtherCompletion } from './automaticCompletion'
import { completionItem } from './completionItem'

export interface InlineCompletionOptions {
  readonly service: PredictionService
  readonly log: Log
  /** Remembers which hints the user has already seen. */
  readonly memory: vscode.Memento
  readonly inspection: Pick<ShownInspection, 'inspectCompletion'>
}

/** A pause in typing that starts a run: longer than between two keystrokes, too short to be noticed as a delay. */
const AUTOMATIC_DEBOUNCE_MS = 100
/** Automatic completion computes one candidate to be fast; an explicit request computes more. */
const AUTOMATIC_CANDIDATES = 1

/** Ghost text from the model at the cursor. */
export class InlineCompletion implements Feature, vscode.Disposable, vscode.InlineCompletionItemProvider {
  private readonly completions = new vscode.EventEmitter<void>()
  readonly statusEntries: readonly StatusEntry[] = [
    {
      menuItem: () => {
        const scope = vscode.window.activeTextEditor?.document ?? { languageId: 'plaintext' }
        return {
          group: 'Editor',
          label: 'Toggle Automatic Completion',
          description: isAutomatic(scope) ? 'on' : 'off',
          icon: 'sparkle',
          command: ['logitscope.toggleAutomaticCompletion'],
        }
      },
    },
    {
      menuItem: () =>
        this.last && {
          group: 'Panel',
          label: 'Show Last Completion',
          icon: 'list-tree',
          command: ['logitscope.showLastCompletion'],
        },
      tooltip: () => this.last && `Last completion: p ${formatProbability(this.last.probability)}`,
      onDidChange: this.completions.event,
    },
  ]
  /** Reused while the typed text matches it, until the model changes. */
  private last: Answer | undefined
  private isLastValid = true
  private running: AbortController | undefined
  private loggedError: string | undefined
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly options: InlineCompletionOptions) {
    this.subscriptions = vscode.Disposable.from(
      this.completions,
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this),
      warnOfOtherCompletion(options.memory),
    )
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    { triggerKind, selectedCompletionInfo }: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    if (selectedCompletionInfo !== undefined || isInsideWord(document, position)) return []
    const rests =
      triggerKind === vscode.InlineCompletionTriggerKind.Invoke
        ? await this.whenInvoked(document, position, token)
        : await this.whenTyped(document, position, token)
    return rests.map((rest) => completionItem(document, position, rest))
  }

  /** Shows the tokens of the last completion in the panel. */
  async showLast(): Promise<void> {
    if (this.last === undefined) return
    await this.options.inspection.inspectCompletion(this.last.completion, this.last.place)
  }

  /** Stops reusing the previous model's completion. Show Last Completion can still show it. */
  modelChanged(): void {
    this.running?.abort()
    this.isLastValid = false
  }

  dispose(): void {
    this.running?.abort()
    this.subscriptions.dispose()
  }

  /** For an explicit request of the user, or of VS Code when it cycles through the candidates. */
  private async whenInvoked(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<readonly string[]> {
    const request = requestAt(document, position, readCompletionSettings().candidates)
    const known =
      this.last && matchesRequest(this.last, request) ? this.restAt(document, position) : undefined
    if (known !== undefined) return known
    try {
      const texts = await this.run(document, position, request, signalOf(token))
      if (texts.length === 0) vscode.window.setStatusBarMessage(NOTHING_LIKELY, MESSAGE_MS)
      return texts
    } catch (error) {
      if (!(error instanceof CancelledError)) {
        const message = logError(this.options.log, 'A completion failed', error)
        void showError(`Logitscope: ${message}`)
      }
      return []
    }
  }

  /** VS Code calls this after every keystroke, even if automatic completion is off. */
  private async whenTyped(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<readonly string[]> {
    const known = this.restAt(document, position)
    if (known !== undefined) return known
    if (!isAutomatic(document)) return []
    const signal = signalOf(token)
    try {
      await delay(AUTOMATIC_DEBOUNCE_MS, signal)
      return await this.run(document, position, requestAt(document, position, AUTOMATIC_CANDIDATES), signal)
    } catch (error) {
      if (!signal.aborted && !(error instanceof CancelledError)) this.logOnce(error)
      return []
    }
  }

  /** Runs one request at a time: a new one cancels the previous one. */
  private async run(
    document: vscode.TextDocument,
    position: vscode.Position,
    request: CompletionRequest,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    this.running?.abort()
    const running = new AbortController()
    this.running = running
    const place = placeOf(document, position)
    const completion = await complete(
      this.options.service,
      request,
      AbortSignal.any([signal, running.signal]),
    )
    const best = completion?.candidates.at(0)
    if (completion === undefined || best === undefined) return []
    this.last = { document, place, completion, probability: Math.exp(best.logProb) }
    this.isLastValid = true
    this.completions.fire()
    setContext('hasCompletion', true)
    return completion.candidates.map((candidate) => candidate.text)
  }

  /** The rest of the last completion at this position; undefined if it does not match the text. */
  private restAt(document: vscode.TextDocument, position: vscode.Position): readonly string[] | undefined {
    if (this.last === undefined || !this.isLastValid || this.last.document !== document) return undefined
    const { completion, place } = this.last
    // Runs with every keystroke, so the document's text is read only near the last completion.
    const typed = document.offsetAt(position) - place.offset
    const longest = Math.max(...completion.candidates.map(({ text }) => text.length))
    if (typed < 0 || typed > longest * MAX_UNITS_OF_CHARACTER) return undefined
    return restOfCompletion(completion, textBefore(document, position))
  }

  /** Logs an error once, because every keystroke may repeat it. */
  private logOnce(error: unknown): void {
    if (String(error) === this.loggedError) return
    this.loggedError = String(error)
    logError(this.options.log, 'A completion failed', error)
  }
}

const NOTHING_LIKELY = 'Logitscope: no completion is likely enough'
/** How long the status bar shows the message. */
const MESSAGE_MS = 5000
/** A line end is one UTF-16 unit in a completion and two in a document with CRLF. */
const MAX_UNITS_OF_CHARACTER = 2

interface Answer {
  readonly document: vscode.TextDocument
  readonly place: CompletionPlace
  readonly completion: Completion
  /** Of the most probable candidate, 0 to 1. */
  readonly probability: number
}

/** Whether the answer was computed with the same settings and at least as many candidates. */
function matchesRequest({ completion }: Answer, request: CompletionRequest): boolean {
  const { request: made } = completion
  const settingsOf = (of: CompletionRequest) => JSON.stringify({ ...of, text: '', candidates: 0 })
  return made.candidates >= request.candidates && settingsOf(made) === settingsOf(request)
}

function requestAt(
  document: vscode.TextDocument,
  position: vscode.Position,
  candidates: number,
): CompletionRequest {
  const { startToken } = readSettings()
  return { ...readCompletionSettings(), candidates, startToken, text: textBefore(document, position) }
}

/** The text before the position as the model sees it, with LF line ends. */
function textBefore(document: vscode.TextDocument, position: vscode.Position): string {
  const text = document.getText(new vscode.Range(new vscode.Position(0, 0), position))
  return document.eol === vscode.EndOfLine.CRLF ? text.replaceAll('\r\n', '\n') : text
}

function placeOf(document: vscode.TextDocument, position: vscode.Position): CompletionPlace {
  return {
    documentUri: document.uri.toString(),
    documentName: vscode.workspace.asRelativePath(document.uri, false),
    offset: document.offsetAt(position),
    line: position.line + 1,
  }
}

const WORD_CHARACTER = /^[\p{L}\p{N}_]/u

function isInsideWord(document: vscode.TextDocument, position: vscode.Position): boolean {
  return WORD_CHARACTER.test(document.lineAt(position).text.slice(position.character))
}
