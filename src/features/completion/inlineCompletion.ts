import * as vscode from 'vscode'
import { readCompletionSettings, readSettings } from '../../editor/settings'
import { signalOf } from '../../editor/cancellation'
import { type Log, logError } from '../../editor/log'
import { type Completion, type CompletionRequest, complete } from '../../prediction/completion'
import type { CompletionPlace } from '../../prediction/inspectCompletion'
import type { PredictionService } from '../../prediction/predictionService'
import { restOfCompletion } from '../../prediction/restOfCompletion'
import { delay } from '../../shared/delay'
import { CancelledError } from '../../shared/errors'
import { plainMessage } from '../../shared/text/plainMessage'
import {
  isAutomatic,
  toggleAutomatic,
  toggleAutomaticFor,
  warnOfOtherCompletion,
} from './automaticCompletion'
import { completionItem } from './completionItem'

export interface InlineCompletionOptions {
  readonly service: PredictionService
  readonly log: Log
  /** Keeps what the user has been told once. */
  readonly memory: vscode.Memento
  /** Opens the panel with the steps of a completion. */
  readonly inspectCompletion: (completion: Completion, place: CompletionPlace) => Promise<void>
}

/** What was completed last, as the status item tells it. */
export interface LastCompletion {
  readonly text: string
  /** 0 to 1. */
  readonly probability: number
}

/** A pause in typing that is worth a run: shorter than it takes to wonder, longer than between two keystrokes. */
const AUTOMATIC_DEBOUNCE_MS = 100
/** An automatic request is shown at once; whoever wants others asks for them. */
const AUTOMATIC_CANDIDATES = 1

/** Ghost text from the model at the cursor. */
export class InlineCompletion implements vscode.Disposable, vscode.InlineCompletionItemProvider {
  private readonly changes = new vscode.EventEmitter<LastCompletion>()
  readonly onDidComplete = this.changes.event
  /** Goes on serving while the text goes on as it says, unless another model speaks by now. */
  private last: Answer | undefined
  private serves = true
  private running: AbortController | undefined
  private loggedError: string | undefined
  private readonly subscriptions: vscode.Disposable

  constructor(private readonly parts: InlineCompletionOptions) {
    this.subscriptions = vscode.Disposable.from(
      this.changes,
      vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this),
      warnOfOtherCompletion(parts.memory),
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

  async toggleAutomatic(): Promise<void> {
    await toggleAutomatic()
  }

  /** That of the active editor. */
  async toggleAutomaticForLanguage(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document
    if (document !== undefined) await toggleAutomaticFor(document)
  }

  /** Shows in the panel, step by step, how the last one came to be. */
  async showLast(): Promise<void> {
    if (this.last !== undefined) await this.parts.inspectCompletion(this.last.completion, this.last.place)
  }

  /** Another model speaks from now on: the last answer is not its own. Show Last Completion still has it. */
  modelChanged(): void {
    this.running?.abort()
    this.serves = false
  }

  dispose(): void {
    this.running?.abort()
    this.subscriptions.dispose()
  }

  /** The user asks, or VS Code does because it goes through the candidates. */
  private async whenInvoked(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<readonly string[]> {
    const request = requestAt(document, position, readCompletionSettings().candidates)
    const known = this.last && isMadeAs(this.last, request) ? this.restAt(document, position) : undefined
    if (known !== undefined) return known
    try {
      const texts = await this.run(document, position, request, signalOf(token))
      if (texts.length === 0) vscode.window.setStatusBarMessage(NOTHING_LIKELY, MESSAGE_MS)
      return texts
    } catch (error) {
      if (!(error instanceof CancelledError)) {
        const message = logError(this.parts.log, 'A completion failed', error)
        void vscode.window.showErrorMessage(plainMessage(`Logitscope: ${message}`))
      }
      return []
    }
  }

  /** VS Code asks after every keystroke, whether or not completion is automatic. */
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

  /** One at a time: a newer request ends the one before. */
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
    const completion = await complete(this.parts.service, request, AbortSignal.any([signal, running.signal]))
    if (completion === undefined || completion.candidates.length === 0) return []
    this.last = { document, place, completion }
    this.serves = true
    const [{ text, logProb }] = completion.candidates
    this.changes.fire({ text, probability: Math.exp(logProb) })
    void vscode.commands.executeCommand('setContext', 'logitscope.hasCompletion', true)
    return completion.candidates.map((candidate) => candidate.text)
  }

  /** What the last answer still has to say here. */
  private restAt(document: vscode.TextDocument, position: vscode.Position): readonly string[] | undefined {
    if (this.last === undefined || !this.serves || this.last.document !== document) return undefined
    const { completion, place } = this.last
    // Only where it is near is the text worth reading: this runs with every keystroke.
    const typed = document.offsetAt(position) - place.offset
    const longest = Math.max(...completion.candidates.map(({ text }) => text.length))
    if (typed < 0 || typed > longest * MAX_UNITS_OF_CHARACTER) return undefined
    return restOfCompletion(completion, textBefore(document, position))
  }

  /** The same error comes back with every keystroke. */
  private logOnce(error: unknown): void {
    if (String(error) === this.loggedError) return
    this.loggedError = String(error)
    logError(this.parts.log, 'A completion failed', error)
  }
}

const NOTHING_LIKELY = 'Logitscope: nothing likely enough to go on with'
/** How long the status bar says so. */
const MESSAGE_MS = 5000
/** A line end is one character of a completion and two of a document that has CRLF. */
const MAX_UNITS_OF_CHARACTER = 2

interface Answer {
  readonly document: vscode.TextDocument
  readonly place: CompletionPlace
  readonly completion: Completion
}

/** With the same settings, and at least as many candidates. */
function isMadeAs({ completion }: Answer, request: CompletionRequest): boolean {
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

/** As the model sees it, with LF. */
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
