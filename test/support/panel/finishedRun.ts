import { type InspectionRun, UNEXPLAINED } from '../../../src/features/inspect/session/inspectionRun'
import { finishInspection, prepareInspection } from '../../../src/prediction/windows/inspectDocument'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import { connect } from '../engine/engineUnderTest'
import { hashEngine } from '../fakes/hashEngine'

const TEXT = 'How 👋 many characters are in a short text with an emoji?'

export interface FinishedRunOptions {
  readonly context?: 'document' | 'selection'
  readonly startToken?: boolean
  readonly ranges?: number
}

/** A finished run of ranges that end at the end of the text. */
export async function finishedRun({
  context = 'document',
  startToken = true,
  ranges = 2,
}: FinishedRunOptions): Promise<InspectionRun> {
  const service = new PredictionService(connect(hashEngine()))
  const prepared = await prepareInspection(service, {
    id: 'inspection 1',
    documentUri: 'file:///a.txt',
    documentName: 'a.txt',
    text: TEXT,
    ranges: Array.from({ length: ranges }, (_, i) => ({
      range: { start: i, end: TEXT.length },
      lines: { first: 1, last: 1 },
    })),
    context,
    startToken,
    topK: 3,
  })
  const inspection = await finishInspection(service, prepared)
  return { ...prepared, inspection, textDigest: 'digest', wholeDocument: false, seconds: 1.5, ...UNEXPLAINED }
}
