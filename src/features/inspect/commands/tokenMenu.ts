import { targetOfRanges } from '../../../editor/documents/inspectionTarget'
import { showInformation } from '../../../editor/ui/notifications'
import { transformerLensSnippet } from '../../../prediction/report/text/transformerLens'
import { inputBefore, inputOfNext, layoutOf } from '../../../prediction/windows/windows'
import { LENS_TOP_K } from '../../../shared/contracts/engine/explanation'
import { isSubject } from '../../../shared/contracts/panel/parsePanelMessage'
import { isRecord } from '../../../shared/isRecord'
import type { TokenAddress } from '../../../shared/contracts/panel/protocol'
import { copyToClipboard } from './export/copyToClipboard'
import type { ResultsExport } from './export/resultsExport'
import type { EditorLink } from '../panel/editorLink'
import { rangeAt } from '../panel/tokenPlaces'
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

  /** Copies the Python lines that compute with TransformerLens what the view shows: the lens of the row, or an attribution. */
  async copyAsTransformerLens(context: unknown): Promise<void> {
    const address = this.addressIn(context)
    const { run } = this.options.session
    const sequence = address && run?.sequences[address.section]
    if (address === undefined || run === undefined || sequence === undefined) return
    const { model, startToken, sections } = run.inspection
    const { tokenIds, from, to } = sequence
    const token = from + address.position
    const layout = layoutOf(model, { startToken })
    const inputIds = token === to ? inputOfNext(tokenIds, to, layout) : inputBefore(tokenIds, token, layout)
    if (inputIds.length === 0) return say('Nothing precedes the token, so no row of the model predicts it.')
    const tokenId = sections[address.section]?.tokens[address.position]?.tokenId ?? null
    const subject = isRecord(context) && isSubject(context.subject) ? context.subject : null
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
