import type { CheckReport, Defect } from '../../../src/shared/contracts/check/checkResult'
import type { ShownCheck, ShownResult } from '../../../src/shared/contracts/check/checkProtocol'

/** A report on 7 rows of float32 logits that are equal to those of `mini`. */
export const equalReport: CheckReport = {
  model: 'mini',
  backend: 'wasm',
  precision: 'fp32',
  remarks: [],
  bos: false,
  file: { dtype: '<f4', shape: [7, 50257], order: 'C', remarks: [] },
  representation: {
    kind: 'logits',
    centred: false,
    startToken: false,
    firstRow: 0,
    transposed: false,
    rounding: 'float32',
  },
  verdict: 'equal',
  defects: [],
  candidates: [],
  evidence: 'All 7 rows agree within 1.9e-5 nats.',
  maxAbsDeltaNats: 1.9e-5,
  firstPosition: null,
  firstSubBlock: null,
  summary: {
    tokens: 7,
    bitsPerToken: 4.2,
    baselineBitsPerToken: 4.2,
    klMeanNats: 2e-11,
    klStandardErrorNats: 1e-12,
    klMedianNats: 2e-11,
    kl99Nats: 4e-11,
    kl999Nats: 4e-11,
    klMaxNats: 4e-11,
    sameTop: 1,
    rmsDeltaP: 1e-7,
    maxAbsDeltaNats: 1.9e-5,
  },
}

export const equalResult: ShownResult = {
  report: equalReport,
  advice: [],
  toleranceNats: 1e-3,
  rows: ['The', '·quick', '·brown', '·fox', '·jumps', '·over', '·the'].map((token, row) => ({
    row,
    token,
    tokenId: 464 + row,
    maxAbsDeltaNats: 1e-5 + row * 1e-6,
    klNats: 2e-11,
    sameTop: true,
  })),
  subBlocks: [],
  mismatch: null,
  checkedAt: 1_764_259_200_000,
  seconds: 1.4,
}

/** The same rows with mistakes, which show from row 1 on. */
export function defectResult(...defects: readonly Defect[]): ShownResult {
  return {
    ...equalResult,
    report: {
      ...equalReport,
      file: { ...equalReport.file, remarks: ['The rows begin without <|endoftext|>.'] },
      verdict: 'defect',
      defects,
      candidates: [{ defects, residualNats: 3e-5 }],
      evidence:
        'Row 0 is right, and the rows after it differ: with this mistake the model gives the same rows.',
      maxAbsDeltaNats: 3.2,
      firstPosition: 1,
      firstSubBlock: 'h.0.attn',
      summary: { ...equalReport.summary, klMeanNats: 0.4, sameTop: 3 / 7, maxAbsDeltaNats: 3.2 },
    },
    rows: equalResult.rows.map((row) =>
      row.row === 0 ? row : { ...row, maxAbsDeltaNats: 0.4 * row.row + 0.8, klNats: 0.4, sameTop: false },
    ),
    subBlocks: [
      { name: 'h.0.attn', maxAbsDelta: 0.5 },
      { name: 'h.0.mlp', maxAbsDelta: 0.7 },
      { name: 'h.0', maxAbsDelta: 1.1 },
    ],
    mismatch: { name: 'h.0.attn', row: 1, found: [0.5, -0.25], expected: [0.125, -0.75] },
  }
}

/** Two mistakes that fit equally, in a file that is too coarse. */
export const ambiguousResult: ShownResult = {
  ...defectResult(),
  report: {
    ...defectResult().report,
    verdict: 'ambiguous',
    candidates: [
      { defects: ['activation'], residualNats: 0.011 },
      { defects: ['layer-norm-epsilon'], residualNats: 0.012 },
      { defects: ['residual'], residualNats: 0.9 },
    ],
    evidence: 'Two mistakes explain the rows equally well.',
  },
  advice: ['float32'],
}

/** The state of the page after a check with this result. */
export function shownCheck(result: ShownResult | null, change: Partial<ShownCheck> = {}): ShownCheck {
  return {
    fileName: 'homework/logits.npz',
    text: 'The quick brown fox jumps over the lazy dog.',
    activity: result === null ? { kind: 'waiting' } : { kind: 'watching' },
    offer: null,
    result,
    history: result === null ? [] : [pastOf(result)],
    ...change,
  }
}

export function pastOf({ report, checkedAt }: ShownResult): ShownCheck['history'][number] {
  const { model, verdict, defects, maxAbsDeltaNats } = report
  return { checkedAt, model, verdict, defects, maxAbsDeltaNats }
}
