import * as vscode from 'vscode'
import { type Log, logError } from '../../../../editor/log'
import { readArgument } from '../../../../editor/registration/commandArguments'
import { showError, showInformation } from '../../../../editor/ui/notifications'
import { comparedLines } from '../../../../prediction/report/text/comparedText'
import { comparisonProperty } from '../../../../prediction/report/json/comparisonJson'
import { comparisonOfSection } from '../../../../prediction/report/json/comparisonReport'
import { csvPieces } from '../../../../prediction/report/csv/csv'
import { jsonPieces } from '../../../../prediction/report/json/json'
import type { Piece } from '../../../../prediction/report/pieces'
import {
  formatResults,
  formatRow,
  formatTables,
  formatTokenIds,
} from '../../../../prediction/report/text/plainText'
import type { PredictionService } from '../../../../prediction/windows/predictionService'
import type { Inspection } from '../../../../shared/contracts/panel/inspection'
import type { TokenAddress } from '../../../../shared/contracts/panel/protocol'
import type { WhyAnswer } from '../../../../shared/contracts/panel/why'
import { delay } from '../../../../shared/delay'
import { scoredCount } from '../../../../shared/numbers/summary'
import { plainMessage } from '../../../../shared/text/plainMessage'
import type { Vocabulary } from '../../../../shared/text/vocabulary'
import { copyToClipboard } from './copyToClipboard'
import { explanationLines, explanationProperties } from './explanationTexts'
import { exportFile, type ExportFileOptions } from './exportFile'
import type { InspectionRun } from '../../session/inspectionRun'

const RESULTS_SCHEME = 'logitscope-results'

export interface ResultsExportOptions extends Pick<ExportFileOptions, 'writeOnDisk'> {
  readonly shown: { readonly run: InspectionRun | undefined }
  readonly service: PredictionService
  readonly log: Log
}

/** Exports the shown results as text, to the clipboard and to files. */
export class ResultsExport implements vscode.Disposable {
  private readonly provider: vscode.Disposable
  /** Aborted when the extension ends, so that an export in progress leaves no incomplete file. */
  private readonly disposal = new AbortController()

  constructor(private readonly options: ResultsExportOptions) {
    this.provider = vscode.workspace.registerTextDocumentContentProvider(RESULTS_SCHEME, {
      provideTextDocumentContent: () => {
        const { run } = this.options.shown
        return run === undefined ? NO_RESULTS : this.textOf(run)
      },
    })
  }

  /** Opens a read-only document with one line per token, for example for screen readers. */
  async openAsText(): Promise<void> {
    const run = this.runOrNotice()
    if (run === undefined) return
    const document = await vscode.workspace.openTextDocument(resultsUri(run))
    await vscode.window.showTextDocument(document, { preview: false })
  }

  /** Saves the results in the format of `args`, for example `{ "format": "csv" }`; asks for it if it is missing. */
  async export(args: unknown): Promise<void> {
    const write = { json: () => this.exportJson(), csv: () => this.exportCsv() }
    await this.inFormat(args, 'Export', write, [
      { label: 'JSON', description: 'a report of each section', format: 'json' },
      { label: 'CSV', description: 'a row for each token', format: 'csv' },
    ])
  }

  /** Copies the results in the format of `args`; asks for it if it is missing. */
  async copy(args: unknown): Promise<void> {
    const write = { table: () => this.copyTable(), tokenIds: () => this.copyTokenIds() }
    await this.inFormat(args, 'Copy', write, [
      { label: 'Table', description: 'a line for each token', format: 'table' },
      { label: 'Token Ids', description: 'a list for each section', format: 'tokenIds' },
    ])
  }

  private async inFormat<F extends string>(
    args: unknown,
    title: string,
    write: Readonly<Record<F, () => Promise<void>>>,
    items: readonly FormatItem<F>[],
  ): Promise<void> {
    const format = readArgument(
      args,
      'format',
      items.map(({ format }) => format),
    )
    if (this.inspectionOrNotice() === undefined) return
    const chosen = format ?? (await vscode.window.showQuickPick(items, { title }))?.format
    if (chosen !== undefined) await write[chosen]()
  }

  private async copyTable(): Promise<void> {
    const inspection = this.inspectionOrNotice()
    if (inspection !== undefined)
      await copyToClipboard(formatTables(inspection, await this.options.service.vocabulary()), 'Table')
  }

  private async copyTokenIds(): Promise<void> {
    const inspection = this.inspectionOrNotice()
    if (inspection !== undefined) await copyToClipboard(formatTokenIds(inspection), 'Token ids')
  }

  async copyRow({ section, position }: TokenAddress): Promise<void> {
    const inspection = this.inspectionOrNotice()
    if (inspection?.sections[section] === undefined) return
    const row = formatRow(inspection, { section, position }, await this.options.service.vocabulary())
    if (row !== '') await copyToClipboard(row, 'Row')
  }

  /** Copies the characters of a token; U+FFFD stands for a part of a character. */
  async copyToken({ section, position }: TokenAddress): Promise<void> {
    const tokenId = this.inspection()?.sections[section]?.tokens[position]?.tokenId
    if (tokenId === undefined) return
    const bytes = (await this.options.service.vocabulary()).bytesOf(tokenId)
    await copyToClipboard(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), 'Token')
  }

  /** Writes the CLI's JSON object, or an array of them if there are several sections. */
  private async exportJson(): Promise<void> {
    const run = this.runOrNotice()
    if (run === undefined) return
    const vocabulary = await this.options.service.vocabulary()
    const pieces = jsonPieces(run.inspection, vocabulary, {
      furtherProperties: (section) => furtherProperties(run, section, vocabulary),
    })
    await this.save(pieces, run.inspection, 'json')
  }

  private async exportCsv(): Promise<void> {
    const run = this.runOrNotice()
    if (run === undefined) return
    const { inspection, lens } = run
    await this.save(csvPieces(inspection, await this.options.service.vocabulary(), lens), inspection, 'csv')
  }

  dispose(): void {
    this.disposal.abort()
    this.provider.dispose()
  }

  /** The results, their comparison, and what was explained of them. */
  private async textOf(run: InspectionRun): Promise<string> {
    const vocabulary = await this.options.service.vocabulary()
    const compared = await collectInTurns(comparedLines(run.inspection, vocabulary))
    const explained = await collectInTurns(explanationLines(run, vocabulary))
    return [formatResults(run.inspection, vocabulary), ...compared, ...explained].join('\n')
  }

  private inspection(): Inspection | undefined {
    return this.options.shown.run?.inspection
  }

  private runOrNotice(): InspectionRun | undefined {
    const { run } = this.options.shown
    if (run === undefined) void showInformation(`Logitscope: ${NO_RESULTS}`)
    return run
  }

  private inspectionOrNotice(): Inspection | undefined {
    return this.runOrNotice()?.inspection
  }

  private async save(
    pieces: Iterable<Piece>,
    { documentUri, documentName, sections }: Inspection,
    extension: string,
  ): Promise<void> {
    const defaultUri = proposedUri(documentUri, extension)
    const uri = await vscode.window.showSaveDialog({
      ...(defaultUri && { defaultUri }),
      title: plainMessage(`Export the logits of ${documentName}`),
      filters: { [extension.toUpperCase()]: [extension] },
    })
    if (uri === undefined) return
    try {
      const { signal } = this.disposal
      const tokens = scoredCount(sections)
      const { writeOnDisk } = this.options
      if (!(await exportFile({ uri, pieces, tokens, signal, writeOnDisk }))) return
    } catch (error) {
      void showError(logError(this.options.log, 'Exporting the results failed', error))
      return
    }
    const answer = await showInformation(`Exported to ${vscode.workspace.asRelativePath(uri)}.`, 'Open')
    if (answer === 'Open') await vscode.window.showTextDocument(uri)
  }
}

interface FormatItem<F extends string> extends vscode.QuickPickItem {
  readonly format: F
}

const NO_RESULTS = 'There are no results yet. Select text and run “Logitscope: Inspect Logits”.'

/** The properties of a section's report besides its predictions. */
function* furtherProperties(
  run: InspectionRun,
  section: number,
  vocabulary: Vocabulary,
): Generator<Iterable<string>> {
  const comparison = comparisonOfSection(run.inspection, section)
  if (comparison !== null) yield comparisonProperty(comparison, vocabulary)
  yield* explanationProperties(run, section, vocabulary)
}

/** Differs for different results, because VS Code does not reload the text of a URI that is open. */
function resultsUri({ inspection, lens, why }: InspectionRun): vscode.Uri {
  const { id, sections } = inspection
  return vscode.Uri.from({
    scheme: RESULTS_SCHEME,
    path: '/Logitscope Results.txt',
    query: [id, scoredCount(sections), idOfComparison(inspection), lens.size, ...why.map(idOfWhy)].join('-'),
  })
}

/** A string that changes whenever the text of a comparison does; the number of its tokens can be the same after another run. */
function idOfComparison({ comparison }: Inspection): string {
  if (comparison === undefined) return ''
  const { baseline, state, sections } = comparison
  const figures = sections.map(({ tokens }) => {
    let kl = 0
    for (const token of tokens) kl += token.kl
    return `${tokens.length}:${kl}`
  })
  return [...Object.values(baseline), state.kind, ...figures].join('.')
}

/** A string that changes whenever the text of an answer does. */
function idOfWhy({ subject, context, knockout }: WhyAnswer): string {
  const { section, position, tokenId, contrast } = subject
  const other = contrast.kind === 'token' ? contrast.tokenId : contrast.kind
  return [section, position, tokenId, other, context?.[0]?.length, knockout?.rows.join(' ')].join('.')
}

/** The longest time that texts are made at once, in milliseconds. */
const TURN_MS = 8

/** Reads texts that are made while they are read, with turns for others in between. */
async function collectInTurns(texts: Iterable<string>): Promise<string[]> {
  const collected: string[] = []
  let began = performance.now()
  for (const text of texts) {
    collected.push(text)
    if (performance.now() - began < TURN_MS) continue
    await delay(0)
    began = performance.now()
  }
  return collected
}

/** Next to the document if its file system is writable, else in the workspace folder. */
function proposedUri(documentUri: string, extension: string): vscode.Uri | undefined {
  const document = vscode.Uri.parse(documentUri)
  const name = `${document.path.slice(document.path.lastIndexOf('/') + 1)}.logits.${extension}`
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri
  if (vscode.workspace.fs.isWritableFileSystem(document.scheme) === true) {
    return vscode.Uri.joinPath(document, '..', name)
  }
  return folder && vscode.Uri.joinPath(folder, name)
}
