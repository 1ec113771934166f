import * as vscode from 'vscode'
import type { PreparedInspection } from '../../prediction/inspectDocument'
import type { PredictionService } from '../../prediction/predictionService'
import { formatCount, formatRoughDuration } from '../../shared/text/format'

/** A whole document that takes longer is inspected only after a question. */
const ASK_FROM_SECONDS = 5

/** Asks how much of a whole document is meant, where it would take long: `main.py: about 41,200 tokens, about 3 minutes`. */
export async function asksForPart(
  service: PredictionService,
  { inspection, sequences }: PreparedInspection,
  { canSeePart }: { readonly canSeePart: boolean },
): Promise<'all' | 'visiblePart' | 'none'> {
  const seconds = await service.estimateSeconds({ ...sequences[0], startToken: inspection.startToken })
  if (seconds <= ASK_FROM_SECONDS) return 'all'
  const tokens = Number(inspection.sections[0].tokens.length.toPrecision(3))
  const question = `${inspection.documentName}: about ${formatCount(tokens)} tokens, about ${formatRoughDuration(seconds)}`
  const choices = canSeePart ? ['Visible Part', 'All'] : ['All']
  const answer = await vscode.window.showInformationMessage(question, { modal: true }, ...choices)
  if (answer === 'All') return 'all'
  return answer === 'Visible Part' ? 'visiblePart' : 'none'
}
