import { describe, expect, it } from 'vitest'
import { validatedEngine } from '../../../../src/engine/client/selfTest/validatedEngine'
import type {
  AttributionRequest,
  EngineApi,
  EngineMethods,
} from '../../../../src/shared/contracts/engine/engineApi'
import type { Attribution, LensRow } from '../../../../src/shared/contracts/engine/explanation'
import { MalformedAnswerError } from '../../../../src/shared/errors'
import type { RpcHandlers } from '../../../../src/shared/rpc'
import { connect } from '../../../support/engine/engineUnderTest'
import { lens, lensOfEverything } from '../../../support/engine/explain'
import { hashEngine } from '../../../support/fakes/hashEngine'

const TOKEN_IDS = Int32Array.of(50256, 11, 13)
const TOP_K = 2
const REQUEST = lensOfEverything(TOKEN_IDS, { topK: TOP_K })
const LAYERS = 3
const ATTRIBUTION_REQUEST: AttributionRequest = {
  tokenIds: TOKEN_IDS,
  tokenId: 11,
  contrast: { kind: 'mean' },
}
/** Two layers of two heads. */
const ATTRIBUTION: Attribution = {
  total: 1,
  wte: 2,
  wpe: 3,
  lnF: 4,
  attention: Float32Array.of(1, 2),
  attentionBias: Float32Array.of(1, 2),
  mlp: Float32Array.of(1, 2),
  sources: new Float32Array(2 * 2 * TOKEN_IDS.length).fill(1),
}

describe('A validated engine', () => {
  it('delivers the rows of a lens as they are', async () => {
    expect((await lens(engineWithRows(rowAt), REQUEST)).rows).toEqual([0, 1, 2].map(rowAt))
  })

  it.each<[string, (row: LensRow) => unknown]>([
    ['is missing', () => undefined],
    ['is another row', (row) => ({ ...row, logitsRow: 0 })],
    ['has no layers', (row) => ({ ...row, entropy: new Float32Array(0) })],
    ['has too few layers in a column', (row) => ({ ...row, kl: row.kl.subarray(1) })],
    ['has a column of another type', (row) => ({ ...row, rank: Float32Array.from(row.rank) })],
    ['has an entropy of NaN', (row) => ({ ...row, entropy: row.entropy.slice().fill(NaN) })],
    ['has an infinite divergence', (row) => ({ ...row, kl: row.kl.slice().fill(Infinity) })],
    ['has no log-probability of its target', (row) => ({ ...row, logProb: row.logProb.slice().fill(NaN) })],
    ['has a rank of 0', (row) => ({ ...row, rank: row.rank.slice().fill(0) })],
    ['has too many top tokens', (row) => ({ ...row, topIds: Int32Array.of(...row.topIds, 1) })],
    ['has a token beyond the vocabulary', (row) => ({ ...row, topIds: row.topIds.slice().fill(50_257) })],
  ])('rejects a row of a lens that %s, and delivers only the rows before', async (_, change) => {
    const delivered: number[] = []
    const engine = engineWithRows((row) => (row === 1 ? change(rowAt(row)) : rowAt(row)))
    const called = engine.lens(REQUEST, {
      onProgress: (progress) => {
        if (progress.kind === 'rows') delivered.push(...progress.rows.map(({ logitsRow }) => logitsRow))
      },
    })
    await expect(called).rejects.toThrow(MalformedAnswerError)
    expect(delivered).toEqual([0])
  })

  it('rejects a lens that ends before its last row', async () => {
    const engine = validated({ lens: () => Promise.resolve({ computedPositions: 0 }) })
    await expect(engine.lens(REQUEST)).rejects.toThrow(/row 0 is missing/)
  })

  it('delivers an attribution as it is', async () => {
    const engine = validated({ attribution: () => Promise.resolve(ATTRIBUTION) })
    expect(await engine.attribution(ATTRIBUTION_REQUEST)).toEqual(ATTRIBUTION)
  })

  it.each<[string, unknown]>([
    ['that is missing', undefined],
    ['without a total', { ...ATTRIBUTION, total: undefined }],
    ['whose total is NaN', { ...ATTRIBUTION, total: NaN }],
    ['without layers', { ...ATTRIBUTION, attention: new Float32Array(0) }],
    ['with too few layers in a part', { ...ATTRIBUTION, mlp: Float32Array.of(1) }],
    ['with another number of source rows', { ...ATTRIBUTION, sources: new Float32Array(11) }],
    ['with a part that is infinite', { ...ATTRIBUTION, mlp: Float32Array.of(1, Infinity) }],
  ])('rejects an attribution %s', async (_, answer) => {
    const engine = validated({ attribution: () => Promise.resolve(answer as Attribution) })
    await expect(engine.attribution(ATTRIBUTION_REQUEST)).rejects.toThrow(MalformedAnswerError)
  })
})

function validated(handlers: Partial<RpcHandlers<EngineMethods>>): EngineApi {
  return validatedEngine(connect({ ...hashEngine(), ...handlers }))
}

/** An engine that sends a row in each message. */
function engineWithRows(rowOf: (row: number) => unknown): EngineApi {
  return validated({
    lens: ({ firstRow, endRow }, { onProgress }) => {
      for (let row = firstRow; row < endRow; row++)
        onProgress({ kind: 'rows', rows: [rowOf(row) as LensRow] })
      return Promise.resolve({ computedPositions: 0 })
    },
  })
}

/** The last row has no target. */
function rowAt(logitsRow: number): LensRow {
  const hasTarget = logitsRow < TOKEN_IDS.length - 1
  return {
    logitsRow,
    logProb: new Float32Array(LAYERS).fill(hasTarget ? -1 : NaN),
    rank: new Int32Array(LAYERS).fill(hasTarget ? 7 : 0),
    entropy: new Float32Array(LAYERS).fill(2),
    kl: new Float32Array(LAYERS).fill(0.5),
    topIds: new Int32Array(LAYERS * TOP_K).fill(11),
    topLogProbs: new Float32Array(LAYERS * TOP_K).fill(-1),
  }
}
