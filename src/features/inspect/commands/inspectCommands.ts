import type * as vscode from 'vscode'
import { documentNameOf } from '../../../editor/documents/documentName'
import {
  type InspectionTarget,
  offsetsOf,
  targetOfEditor,
  targetOfRanges,
} from '../../../editor/documents/inspectionTarget'
import { readSettings } from '../../../editor/settings'
import type { Completion } from '../../../prediction/live/completion'
import {
  type CompletionPlace,
  prepareCompletion,
  renewInspection,
} from '../../../prediction/live/inspectCompletion'
import type { PreparedInspection } from '../../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import type { InspectionPanel } from '../panel/inspectionPanel'
import { UNEXPLAINED } from '../session/inspectionRun'
import type { InspectionSession } from '../session/inspectionSession'
import type { Refusal, RunRequest } from '../session/sessionState'
import { documentSubject } from '../session/subjects'
import { EditorInUse } from './editorInUse'
import type { SelectedModel } from './expectedModel'
import { prepareDocument } from './prepareDocument'

export interface InspectCommandsOptions extends SelectedModel {
  readonly session: InspectionSession
  readonly panel: InspectionPanel
  readonly service: PredictionService
}

/** Decides what the session inspects, and opens the panel for it. */
export class InspectCommands implements vscode.Disposable {
  private readonly editorInUse = new EditorInUse()

  constructor(private readonly options: InspectCommandsOptions) {}

  /** Inspects the selections of the editor that was used last, or its whole document if nothing is selected. */
  async inspect(): Promise<void> {
    const editor = this.editorInUse.find()
    if (editor === undefined) return this.refuse({ kind: 'noEditor' }, undefined)
    const { document, selection } = editor
    const offset = document.offsetAt(selection.active)
    // A cursor at offset 0 has probably never been placed.
    const cursor = selection.isEmpty && offset > 0 ? offset : undefined
    await this.inspectTarget(targetOfEditor(editor), { editor, cursor })
  }

  /** Inspects the subject of the shown run, or of the failed request that is shown above it, in its current text. */
  async runAgain(): Promise<void> {
    const { latest } = this.options.session
    await (latest === undefined ? this.inspect() : this.repeat(latest))
  }

  /** Scores the tokens that the shown run has not scored because it was cancelled or interrupted. */
  async continueInspection(): Promise<void> {
    const { session, panel, service } = this.options
    const { shown } = session
    if (shown.kind === 'empty' || !session.canContinue) return
    const { model } = shown.run.inspection
    await session.continue(async ({ signal }) => {
      await panel.open(shown.request.editor)
      await service.sameModel(model, { signal })
    })
  }

  cancel(): void {
    const { session } = this.options
    if (session.isActive) session.cancel()
  }

  /**
   * Picks the token at a UTF-16 offset in the editor that was used last. If the shown run does not contain it,
   * inspects its line first. The offset comes from a link, so it can be any value.
   */
  async inspectAt(offset: unknown): Promise<void> {
    const { panel } = this.options
    const editor = this.editorInUse.find()
    if (editor === undefined || !isOffsetOf(editor.document, offset)) return
    if (await panel.pickAt(editor, offset)) return
    const { document } = editor
    const line = document.lineAt(document.positionAt(offset))
    const range = offsetsOf(document, line.rangeIncludingLineBreak)
    await this.inspectTarget(targetOfRanges(document, [range]), { editor, cursor: offset })
    await panel.pickAt(editor, offset)
  }

  /** Inspects the tokens of a completion. */
  async inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void> {
    await this.inspectPrepared(prepareCompletion(completion, place, crypto.randomUUID(), readSettings().topK))
  }

  /** Inspects a target in a document; an empty one leaves the shown run as it is. */
  async inspectTarget(
    target: InspectionTarget,
    { editor, cursor }: Omit<RunRequest, 'subject'> = {},
  ): Promise<void> {
    const { session, panel } = this.options
    if (target.text === '') {
      const documentName = documentNameOf(target.document.uri)
      return this.refuse({ kind: 'emptyDocument', documentName }, editor)
    }
    await session.inspect({ subject: documentSubject(target), editor, cursor }, async (preparation) => {
      await panel.open(editor)
      return prepareDocument(preparation, target, { ...this.options, editor })
    })
  }

  /** Cancels the run of the previous model, and runs again if the user can see the result. */
  modelChanged(): void {
    const { session, panel } = this.options
    const { isActive, latest } = session
    session.suspend()
    if (latest !== undefined && (isActive || panel.visible)) void this.repeat(latest)
  }

  /** Reveals the panel with the keyboard focus in its table. */
  async focusPanel(): Promise<void> {
    await this.options.panel.focus(this.editorInUse.find())
  }

  dispose(): void {
    this.editorInUse.dispose()
  }

  private async repeat(request: RunRequest): Promise<void> {
    const { subject, editor } = request
    if (subject.kind === 'completion') return this.inspectPrepared(subject.completion)
    let target: InspectionTarget
    try {
      target = await subject.target.current()
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error))
      return this.options.session.inspect(request, () => Promise.reject(reason))
    }
    await this.inspectTarget(target, { editor })
  }

  private async refuse(refusal: Refusal, editor: vscode.TextEditor | undefined): Promise<void> {
    this.options.session.refuse(refusal)
    await this.options.panel.open(editor)
  }

  /** Scores the completion's tokens with the current model. */
  private async inspectPrepared(completion: PreparedInspection): Promise<void> {
    const { session, panel, service } = this.options
    await session.inspect({ subject: { kind: 'completion', completion } }, async ({ signal }) => {
      await panel.open(undefined)
      const model = await service.model({ signal })
      return { ...renewInspection(completion, crypto.randomUUID(), model), ...OF_NO_DOCUMENT }
    })
  }
}

const OF_NO_DOCUMENT = { textDigest: '', wholeDocument: false, seconds: 0, ...UNEXPLAINED }

function isOffsetOf(document: vscode.TextDocument, offset: unknown): offset is number {
  return (
    Number.isSafeInteger(offset) && (offset as number) >= 0 && (offset as number) <= document.getText().length
  )
}
