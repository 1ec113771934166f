import { documentNameOf } from '../../../editor/documents/documentName'
import type { InspectionTarget } from '../../../editor/documents/inspectionTarget'
import { codeBefore } from '../../../editor/documents/notebookCells'
import { digestOf } from '../../../editor/documents/textDigest'
import { readSettings } from '../../../editor/settings'
import { prepareInspection } from '../../../prediction/windows/inspectDocument'
import { type InspectionRun, UNEXPLAINED } from '../session/inspectionRun'
import type { Preparation } from '../session/preparation'
import { documentSubject } from '../session/subjects'
import { expectedModel } from './expectedModel'
import { askIfLong, type LongRunOptions } from './longRunQuestion'

export type PrepareOptions = Omit<LongRunOptions, 'model' | 'startToken'> &
  Parameters<typeof expectedModel>[0]

/**
 * Finds the tokens of a run of a document. Asks first if the run would take long; the answer may change the subject.
 * @throws CancelledError, and what `prepareInspection` throws
 */
export async function prepareDocument(
  preparation: Preparation,
  requested: InspectionTarget,
  options: PrepareOptions,
): Promise<InspectionRun> {
  const { service } = options
  const { context, startToken, topK } = readSettings()
  const model = expectedModel(options)
  const target = await askIfLong(preparation, requested, { ...options, model, startToken })
  if (target !== requested) preparation.retarget(documentSubject(target))
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
    preparation.signal,
  )
  return { ...prepared, textDigest: digestOf(text), wholeDocument, seconds: 0, ...UNEXPLAINED }
}
