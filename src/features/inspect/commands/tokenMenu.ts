import { targetOfRanges } from '../../../editor/documents/inspectionTarget'
import { showInformation } from '../../../editor/ui/notifications'
import { windowRow } from '../../../prediction/explain/windowRow'
import { transformerLensSnippet } from '../../../prediction/report/text/transformerLens'
import { LENS_TOP_K } from '../../../shared/contracts/engine/explanation'
import { isSubject } from '../../../shared/contracts/panel/parsePanelMessage'
import { isRecord } from '../../../shared/isRecord'
import type { TokenAddress } from '../../../shared/contracts/panel/protocol'
import { copyToClipboard } from './export/copyToClipboard'
import type { ResultsExport } from './export/resultsExport'
import type { EditorLink } from '../panel/editorLink'
import { rangeAt } from '../panel/tokenPlaces'
import { BaselineTextError } from '../session/baselines'
import { baselineSide, type ExplainedSide, shownSide } from '../session/explainedSide'
import type { InspectionRun } from '../session/inspectionRun'
import type { InspectionSession } from '../session/inspectionSession'
import type { InspectCommands } from './inspectCommands'

export interface TokenMenuOptions {
  readonly session: InspectionSession
  readonly link: EditorLink
  readonly inspect: InspectCommands
  readonly results: ResultsExport
}

/**
 * The commands of the context menu of a row or token in the panel. VS Code passes each of them the object that the page
 * has put into `data-vscode-context`, which is untrusted.
 */
export class TokenMenu {
  constructor(private readonly options: TokenMenuOptions) {}

  async copyRow(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.options.results.copyRow(address)
  }

  async copyToken(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.options.results.copyToken(address)
  }

  /**
   * Copies the Python lines that compute with TransformerLens what the view shows: the lens of the row, or an attribution. They
   * are for the side that the view shows, with its model, tokens and windows.
   */
  async copyAsTransformerLens(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    const { run } = this.options.session
    if (address === undefined || run === undefined || !isRecord(context)) return
    const subject = isSubject(context.subject) ? context.subject : null
    let side: ExplainedSide | undefined
    try {
      side = this.sideOf(run, address, subject?.side ?? context.side)
    } catch (error) {
      if (error instanceof BaselineTextError) return say(error.message)
      throw error
    }
    const position = side?.positionOf(address.position)
    if (side === undefined || position === undefined)
      return say('The baseline does not have this token, so no row of it predicts the token.')
    const row = windowRow(side.request, side.from + position)
    if (row === undefined) return say('Nothing precedes the token, so no row of the model predicts it.')
    const { inputIds, model } = row
    const tokenId = run.inspection.sections[address.section]?.tokens[address.position]?.tokenId ?? null
    const snippet = transformerLensSnippet(
      model,
      subject === null
        ? { kind: 'lens', inputIds, tokenId, topK: LENS_TOP_K }
        : { kind: 'attribution', inputIds, tokenId: subject.tokenId, contrast: subject.contrast },
    )
    await copyToClipboard(snippet, 'Python lines')
  }

  async selectInEditor(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.options.link.show(address, 'select')
  }

  /** Inspects the text from the token to the end of its section. */
  async inspectFromHere(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    const { session, link, inspect } = this.options
    const { shown } = session
    if (address === undefined || shown.kind === 'empty') return
    const section = shown.run.inspection.sections[address.section]
    if (section === undefined) return
    const { subject, editor } = shown.request
    if (subject.kind === 'completion') return say('A completion is not a part of the document.')
    if (link.state !== 'unchanged')
      return say('The document has changed. Run Again, then inspect from the token.')
    const { document } = await subject.target.current()
    const { start } = rangeAt(section, address.position)
    const end = Math.max(start, rangeAt(section, section.tokens.length).end)
    await inspect.inspectTarget(targetOfRanges(document, [{ start, end }]), { editor, cursor: start })
  }

  /** @throws BaselineTextError if the baseline's text is not known any more */
  private sideOf(run: InspectionRun, { section }: TokenAddress, side: unknown): ExplainedSide | undefined {
    return side === 'baseline'
      ? baselineSide(run, this.options.session.comparison.side(), section)
      : shownSide(run, section)
  }

  /** The token that the menu was opened on, if it belongs to the shown run. */
  private addressIn(context: unknown): TokenAddress | undefined {
    if (!isRecord(context)) return undefined
    const { inspectionId, section, position } = context
    const isShown = inspectionId === this.options.session.run?.inspection.id
    return isShown && isIndex(section) && isIndex(position) ? { section, position } : undefined
  }
}

function say(message: string): void {
  void showInformation(`Logitscope: ${message}`)
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
