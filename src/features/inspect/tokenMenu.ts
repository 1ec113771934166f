import { targetOfRanges } from '../../editor/documents/inspectionTarget'
import { showInformation } from '../../editor/ui/notifications'
import { TrackedTarget } from '../../editor/documents/trackedTarget'
import { transformerLensSnippet } from '../../prediction/report/text/transformerLens'
import { windowRow } from '../../prediction/explain/windowRow'
import { LENS_TOP_K } from '../../shared/contracts/engine/explanation'
import { isSubject } from '../../shared/contracts/panel/parsePanelMessage'
import { isRecord } from '../../shared/isRecord'
import type { TokenAddress } from '../../shared/contracts/panel/protocol'
import { BaselineTextError } from './compare/baselineTexts'
import { copyToClipboard } from './copyToClipboard'
import { baselineSide, type ExplainedSide, shownSide } from './explain/explainedSide'
import type { InspectionController } from './inspectionController'
import type { ResultsExport } from './resultsExport'
import { rangeAt } from './panel/tokenPlaces'
import type { InspectionRun } from './run/inspectionRun'

/**
 * The commands of the context menu of a row or token in the panel. VS Code passes each of them the object that the page
 * has put into `data-vscode-context`, which is untrusted.
 */
export class TokenMenu {
  constructor(
    private readonly controller: InspectionController,
    private readonly results: ResultsExport,
  ) {}

  async copyRow(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.results.copyRow(address)
  }

  async copyToken(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.results.copyToken(address)
  }

  /**
   * Copies the Python lines that compute with TransformerLens what the view shows: the lens of the row, or an attribution. They
   * are for the side that the view shows, with its model, tokens and windows.
   */
  async copyAsTransformerLens(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    const { run } = this.controller
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
        : { kind: 'attribution', inputIds, tokenId: subject.tokenId, against: subject.against },
    )
    await copyToClipboard(snippet, 'Python lines')
  }

  async selectInEditor(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    if (address !== undefined) await this.controller.panel.selectInEditor(address)
  }

  /** Inspects the text from the token to the end of its section. */
  async inspectFromHere(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    const { shown, isUpToDate } = this.controller.panel
    const section = address && shown?.data?.inspection.sections[address.section]
    if (address === undefined || section === undefined || shown === undefined) return
    const { subject, editor } = shown
    if (!(subject instanceof TrackedTarget)) return say('A completion is not a part of the document.')
    if (!isUpToDate) return say('The document has changed. Run Again, then inspect from the token.')
    const { document } = await subject.current()
    const { start } = rangeAt(section, address.position)
    const end = Math.max(start, rangeAt(section, section.tokens.length).end)
    await this.controller.start(targetOfRanges(document, [{ start, end }]), { editor, cursor: start })
  }

  /** @throws BaselineTextError if the baseline's text is not known any more */
  private sideOf(run: InspectionRun, { section }: TokenAddress, side: unknown): ExplainedSide | undefined {
    return side === 'baseline'
      ? baselineSide(run, this.controller.comparison.baselineSide(), section)
      : shownSide(run, section)
  }

  /** The token that the menu was opened on, if it belongs to the shown run. */
  private addressIn(context: unknown): TokenAddress | undefined {
    if (!isRecord(context)) return undefined
    const { inspectionId, section, position } = context
    const isShown = inspectionId === this.controller.run?.inspection.id
    return isShown && isIndex(section) && isIndex(position) ? { section, position } : undefined
  }
}

function say(message: string): void {
  void showInformation(`Logitscope: ${message}`)
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
