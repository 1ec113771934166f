import * as vscode from 'vscode'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { type ComparedInspection, isCompared } from '../../../shared/text/comparisonText'
import type { InspectionPanel } from '../panel/inspectionPanel'

/** The document whose comparison the panel shows, for hovers and colours in its editors. */
export class ComparedDocument implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>()
  readonly onDidChange = this.changes.event
  /** What the listeners know. */
  private announced: Inspection['comparison']

  constructor(private readonly panel: Pick<InspectionPanel, 'isOpen' | 'isUpToDate' | 'run'>) {}

  /** Undefined if the document is another one, or was edited since it was inspected, or the panel is closed. */
  inspectionOf(document: vscode.TextDocument): ComparedInspection | undefined {
    const { inspection } = this
    return inspection?.documentUri === document.uri.toString() ? inspection : undefined
  }

  /** Tells the listeners if what the panel shows has another comparison now. */
  panelChanged(): void {
    const comparison = this.inspection?.comparison
    if (comparison === this.announced) return
    this.announced = comparison
    this.changes.fire()
  }

  dispose(): void {
    this.changes.dispose()
  }

  private get inspection(): ComparedInspection | undefined {
    const { isOpen, isUpToDate, run } = this.panel
    if (!isOpen || !isUpToDate || run === undefined) return undefined
    const { inspection } = run
    // A completion's ranges are not those of a document.
    return inspection.generation === undefined && isCompared(inspection) ? inspection : undefined
  }
}
