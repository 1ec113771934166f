import type { InspectionTarget } from '../../../editor/documents/inspectionTarget'
import { readSettings } from '../../../editor/settings'
import { digestOf } from '../../../editor/documents/textDigest'
import { prepareInspection } from '../../../prediction/windows/inspectDocument'
import type { PredictionService } from '../../../prediction/windows/predictionService'
import type { Notice } from '../../../shared/contracts/panel/protocol'
import { expectedModel, type SelectedModel } from './expectedModel'
import { type InspectionRun, UNEXPLAINED } from './inspectionRun'
import { askIfLong } from './longRunQuestion'
import { documentNameOf } from '../../../editor/documents/documentName'
import { codeBefore } from '../../../editor/documents/notebookCells'
import type { Run } from './run'

export interface PrepareOptions extends SelectedModel {
  readonly service: PredictionService
  /** Shows how far the preparation is, or its question. */
  readonly showNotice: (notice: Notice) => void
}

export const LOADING: Notice = { kind: 'preparing', note: 'Loading the model…' }
const TOKENIZING: Notice = { kind: 'preparing', note: 'Tokenizing the text…' }

/**
 * Finds the tokens of a run of a document. Asks first if the run would take long; the answer may change the run's subject.
 * @throws CancelledError, and what `prepareInspection` throws
 */
export async function prepareDocument(
  run: Run,
  requested: InspectionTarget,
  options: PrepareOptions,
): Promise<InspectionRun> {
  const { service, showNotice } = options
  const { context, startToken, topK } = readSettings()
  if (requested.wholeDocument) showNotice(TOKENIZING)
  const model = expectedModel(options)
  const target = await askIfLong(run, requested, { service, model, startToken, onAsk: showNotice })
  if (target !== requested) run.retarget(target)
  showNotice(LOADING)
  const { document, text, ranges, wholeDocument } = target
  const prepared = await prepareInspection(
    service,
    {
      id: crypto.randomUUID(),
      documentUri: document.uri.toString(),
      documentName: documentNameOf(document.uri),
      textBefore: codeBefore(document),
      text,
      ranges,
      context,
      startToken,
      topK,
    },
    run.signal,
  )
  return { ...prepared, textDigest: digestOf(text), wholeDocument, seconds: 0, ...UNEXPLAINED }
}
