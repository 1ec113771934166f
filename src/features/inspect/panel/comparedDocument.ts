import * as vscode from 'vscode'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { type ComparedInspection, isCompared } from '../../../shared/text/comparisonText'
import type { InspectionSession } from '../session/inspectionSession'
import type { EditorLink } from './editorLink'
import type { InspectionPanel } from './inspectionPanel'

export interface ComparedDocumentOptions {
  readonly session: InspectionSession
  readonly link: EditorLink
  readonly panel: Pick<InspectionPanel, 'isOpen' | 'onDidOpenOrClose'>
}

/** The document whose comparison the panel shows, for hovers and colours in its editors. */
export class ComparedDocument implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>()
  readonly onDidChange = this.changes.event
  /** The comparison that the listeners know. */
  private announced: Inspection['comparison']
  private readonly subscriptions: vscode.Disposable[]

  constructor(private readonly options: ComparedDocumentOptions) {
    const changed = () => {
      this.announce()
    }
    const { session, link, panel } = options
    this.subscriptions = [
      session.onDidUpdate(changed),
      link.onDidChangeState(changed),
      panel.onDidOpenOrClose(changed),
    ]
  }

  /** Undefined if the document is another one, or was edited since it was inspected, or the panel is closed. */
  inspectionOf(document: vscode.TextDocument): ComparedInspection | undefined {
    const { inspection } = this
    return inspection?.documentUri === document.uri.toString() ? inspection : undefined
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose()
    this.changes.dispose()
  }

  /** Tells the listeners if the panel shows another comparison now. */
  private announce(): void {
    const comparison = this.inspection?.comparison
    if (comparison === this.announced) return
    this.announced = comparison
    this.changes.fire()
  }

  private get inspection(): ComparedInspection | undefined {
    const { session, link, panel } = this.options
    const { run } = session
    if (!panel.isOpen || link.state !== 'unchanged' || run === undefined) return undefined
    const { inspection } = run
    // A completion's ranges are not those of a document.
    return inspection.generation === undefined && isCompared(inspection) ? inspection : undefined
  }
}
