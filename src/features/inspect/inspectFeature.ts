import * as vscode from 'vscode'
import { documentNameOf } from '../../editor/documents/documentName'
import { onFileMoved } from '../../editor/documents/fileMoves'
import { type FileMove, uriAfterMove } from '../../editor/documents/uriAfterMove'
import type { Feature } from '../../editor/registration/feature'
import type { ShownInspection } from '../../editor/shownInspection'
import type { Comparisons } from '../../prediction/compare/comparisons'
import type { Completion } from '../../prediction/live/completion'
import type { CompletionPlace } from '../../prediction/live/inspectCompletion'
import type { TokenAddress } from '../../shared/contracts/panel/protocol'
import type { ComparedInspection } from '../../shared/text/comparisonText'
import { BaselineTexts } from './commands/compare/baselineTexts'
import { CompareCommands, type CompareCommandsOptions } from './commands/compare/compareCommands'
import { followContextKeys } from './commands/contextKeys'
import { InspectCommands, type InspectCommandsOptions } from './commands/inspectCommands'
import { INSPECT_STATUS_ENTRIES } from './commands/inspectStatusEntries'
import { InspectedDocuments } from './inspectedDocuments'
import { inspectWork, type InspectWorkOptions } from './inspectWork'
import { ComparedDocument } from './panel/comparedDocument'
import { EditorLink } from './panel/editorLink'
import { InspectionPanel, type InspectionPanelOptions } from './panel/inspectionPanel'
import type { InspectionRun } from './session/inspectionRun'
import { InspectionSession } from './session/inspectionSession'
import { InspectionStore } from './store/inspectionStore'

export interface InspectFeatureOptions
  extends
    Omit<InspectWorkOptions, 'texts'>,
    Omit<InspectCommandsOptions, 'session' | 'panel'>,
    Pick<CompareCommandsOptions, 'models' | 'workspaceMemento'>,
    Pick<InspectionPanelOptions, 'extensionUri' | 'memento' | 'offersNative'> {
  readonly comparisons: Comparisons
  /** The folder of the stored inspections. */
  readonly storage: vscode.Uri
}

/** One session with its views and commands. */
export class InspectFeature implements Feature, ShownInspection, vscode.Disposable {
  readonly statusEntries = INSPECT_STATUS_ENTRIES
  readonly session: InspectionSession
  readonly link: EditorLink
  readonly panel: InspectionPanel
  readonly inspect: InspectCommands
  readonly compare: CompareCommands
  private readonly store: InspectionStore
  private readonly inspected: InspectedDocuments
  private readonly compared: ComparedDocument
  private readonly subscriptions: readonly vscode.Disposable[]

  constructor(options: InspectFeatureOptions) {
    const { storage, log } = options
    const texts = new BaselineTexts()
    const session = new InspectionSession(inspectWork({ ...options, texts }))
    this.session = session
    this.store = new InspectionStore(storage, log)
    // Subscribes before the panel, which shows the token that the link has picked.
    this.link = new EditorLink(session)
    this.panel = new InspectionPanel({
      ...options,
      session,
      link: this.link,
      restore: (id) => this.store.restore(id, session),
    })
    this.inspected = new InspectedDocuments(session)
    this.compared = new ComparedDocument(this)
    this.inspect = new InspectCommands({ ...options, session, panel: this.panel })
    this.compare = new CompareCommands({
      ...options,
      session,
      panel: this.panel,
      inspect: this.inspect,
      texts,
    })
    this.subscriptions = [
      this.store.follow(session),
      followContextKeys(session),
      onFileMoved((move) => {
        this.follow(move)
      }),
    ]
  }

  get run(): InspectionRun | undefined {
    return this.session.run
  }

  get pickedToken(): TokenAddress | undefined {
    return this.link.pickedToken
  }

  get onDidChangeComparison(): vscode.Event<void> {
    return this.compared.onDidChange
  }

  comparedInspectionOf(document: vscode.TextDocument): ComparedInspection | undefined {
    return this.compared.inspectionOf(document)
  }

  hasInspected(document: vscode.TextDocument): boolean {
    return this.inspected.has(document)
  }

  inspectCompletion(completion: Completion, place: CompletionPlace): Promise<void> {
    return this.inspect.inspectCompletion(completion, place)
  }

  modelChanged(): void {
    this.inspect.modelChanged()
  }

  /** Resolves when the shown run is saved. Later changes of it are not: the closing window ends it. */
  close(): Promise<void> {
    return this.store.close()
  }

  dispose(): void {
    // Disposed first, so that it does not save the end of a run that is only disposed.
    this.store.dispose()
    this.session.dispose()
    for (const part of [this.panel, this.link, this.inspected, this.compared, this.inspect]) part.dispose()
    for (const subscription of this.subscriptions) subscription.dispose()
  }

  private follow(move: FileMove): void {
    const { session, inspected } = this
    inspected.follow(move)
    for (const subject of session.subjects) if (subject.kind === 'document') subject.target.follow(move)
    const documentUri = session.run?.inspection.documentUri
    const moved = documentUri === undefined ? undefined : uriAfterMove(documentUri, move)
    if (moved === undefined || moved === documentUri) return
    const documentName = documentNameOf(vscode.Uri.parse(moved, true))
    session.moveDocument({ documentUri: moved, documentName })
  }
}
