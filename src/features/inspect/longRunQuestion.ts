import * as vscode from 'vscode'
import type { PreparedInspection } from '../../prediction/inspectDocument'
import type { PredictionService } from '../../prediction/predictionService'
import { elementAt } from '../../shared/elementAt'
import { formatCount, formatRoughDuration } from '../../shared/text/format'

/** Longer runs of a whole document need a confirmation. */
const ASK_FROM_SECONDS = 5

/** Asks which part of a whole document to inspect if it would take long: `main.py: about 41,200 tokens, about 3 minutes`. */
export async function askForPart(
  service: PredictionService,
  { inspection, sequences }: PreparedInspection,
  { canSeePart }: { readonly canSeePart: boolean },
): Promise<'all' | 'visiblePart' | 'none'> {
  // A whole document is one section.
  const { startToken, documentName, sections } = inspection
  const seconds = await service.estimateSeconds({ ...elementAt(sequences, 0), startToken })
  if (seconds <= ASK_FROM_SECONDS) return 'all'
  const tokens = Number(elementAt(sections, 0).tokens.length.toPrecision(3))
  const question = `${documentName}: about ${formatCount(tokens)} tokens, about ${formatRoughDuration(seconds)}`
  const choices = canSeePart ? ['Visible Part', 'All'] : ['All']
  const answer = await vscode.window.showInformationMessage(question, { modal: true }, ...choices)
  if (answer === 'All') return 'all'
  return answer === 'Visible Part' ? 'visiblePart' : 'none'
}
