import type * as vscode from 'vscode'
import { type FileMove, uriAfterMove } from '../../editor/documents/uriAfterMove'
import type { InspectionSession } from './session/inspectionSession'

/** The documents that were inspected in this window, before or after a reload. */
export class InspectedDocuments implements vscode.Disposable {
  private readonly uris = new Set<string>()
  private readonly subscription: vscode.Disposable

  constructor(session: InspectionSession) {
    this.subscription = session.onDidUpdate(({ type }) => {
      if (type !== 'show' || session.shown.kind === 'empty') return
      const { subject } = session.shown.request
      if (subject.kind === 'document') this.uris.add(subject.target.uri)
    })
  }

  has(document: vscode.TextDocument): boolean {
    return this.uris.has(document.uri.toString())
  }

  follow(move: FileMove): void {
    for (const uri of [...this.uris]) {
      const moved = uriAfterMove(uri, move)
      if (moved === uri) continue
      this.uris.delete(uri)
      if (moved !== undefined) this.uris.add(moved)
    }
  }

  dispose(): void {
    this.subscription.dispose()
  }
}
