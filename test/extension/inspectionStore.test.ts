import * as assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { type InspectionRun, UNEXPLAINED } from '../../src/features/inspect/session/inspectionRun'
import { AlternativeList } from '../../src/prediction/windows/alternativeList'
import { InspectionStore } from '../../src/features/inspect/store/inspectionStore'
import { COMPARED_PER_FILE } from '../../src/features/inspect/store/storedComparison'
import { SCORES_PER_FILE } from '../../src/features/inspect/store/storedRun'
import type { LensRow } from '../../src/shared/contracts/engine/explanation'
import { LENS_BLOCK_LENGTH, LensRows } from '../../src/shared/contracts/panel/lensRows'
import type { ModelInfo, TokenScore } from '../../src/shared/contracts/engine/prediction'

describe('the store of inspections', () => {
  const log = vscode.window.createOutputChannel('Logitscope store test', { log: true })
  let folder = ''
  let store: InspectionStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-store-'))
    store = new InspectionStore(vscode.Uri.file(folder), log)
  })

  after(() => {
    log.dispose()
  })

  it('restores a run that was saved while it grew', async () => {
    for (const scored of [0, 10, SCORES_PER_FILE + 10, 2 * SCORES_PER_FILE]) await store.save(runWith(scored))

    assertSameRun(await anotherWindow().load('run'), runWith(2 * SCORES_PER_FILE))
  })

  it('saves the newest of several runs that arrive during a save', async () => {
    await Promise.all([0, 10, 20].map((scored) => store.save(runWith(scored))))

    assertSameRun(await anotherWindow().load('run'), runWith(20))
  })

  it('restores an interrupted run up to the scores that were written', async () => {
    await store.save(runWith(SCORES_PER_FILE + 10))
    await truncate(join(folder, 'run', 'lastScores1'), 1)

    const restored = await anotherWindow().load('run')

    assert.equal(restored?.inspection.sections[0]?.predictions.length, SCORES_PER_FILE)
    assert.deepEqual(restored.inspection.state, { kind: 'interrupted' })
  })

  it('restores the save before one that the end of the window has cut off', async () => {
    for (const scored of [0, 10, 20]) await store.save(runWith(scored))
    await truncate(join(folder, 'run', 'header1.json'), 100)

    const restored = await anotherWindow().load('run')

    assertSameRun(restored, runWith(10))
  })

  it('restores the save before one whose scores are being written', async () => {
    await store.save(runWith(10))
    const header = await readFile(join(folder, 'run', 'header1.json'))
    for (const scored of [20, 30]) await store.save(runWith(scored))
    await writeFile(join(folder, 'run', 'header1.json'), header)
    await truncate(join(folder, 'run', 'lastScores1'), 0)

    const restored = await anotherWindow().load('run')

    assertSameRun(restored, runWith(20))
  })

  it('continues to save a run that was restored', async () => {
    await store.save(runWith(SCORES_PER_FILE + 10))
    const other = anotherWindow()
    await other.load('run')

    await other.save(runWith(SCORES_PER_FILE + 20))

    assertSameRun(await anotherWindow().load('run'), runWith(SCORES_PER_FILE + 20))
  })

  it('restores a comparison that was saved while it grew, and continues to save it', async () => {
    const grown = COMPARED_PER_FILE + 10
    for (const compared of [0, 10, grown]) await store.save(comparedRun(compared))
    const other = anotherWindow()

    assertSameRun(await other.load('run'), comparedRun(grown))
    await other.save(comparedRun(grown + 10))
    assertSameRun(await anotherWindow().load('run'), comparedRun(grown + 10))
  })

  it('keeps the newest ten, and deletes files of older versions first', async () => {
    await writeFile(join(folder, 'of-an-older-version.json'), '{"format":3}')
    for (let i = 0; i < 10; i++) await store.save(runWith(1, `run-${i}`))

    assert.deepEqual(
      (await readdir(folder)).sort(),
      Array.from({ length: 10 }, (_, i) => `run-${i}`),
    )
  })

  it('restores the rows of the lens, without those of a file that is incomplete', async () => {
    const lens = LensRows.EMPTY.with({ section: 0, position: 3 }, [lensRow(3)]).with(
      { section: 0, position: 2 * LENS_BLOCK_LENGTH },
      [lensRow(7)],
    )
    await store.save({ ...runWith(10), lens })
    await truncate(join(folder, 'run', `lens-0-${2 * LENS_BLOCK_LENGTH}`), 100)

    const restored = await anotherWindow().load('run')

    assert.deepEqual(restored?.lens.at({ section: 0, position: 3 }), lensRow(3))
    assert.equal(restored.lens.size, 1)
  })

  it('saves the scores of a running inspection when the window closes', async () => {
    await store.save(runWith(10))
    store.saveSoon(() => runWith(20))

    await store.close()

    assertSameRun(await anotherWindow().load('run'), runWith(20))
  })

  it('does not save a run that ends after the window has begun to close', async () => {
    await store.save(runWith(10))
    store.dispose()

    await store.save(runWith(20))

    assertSameRun(await anotherWindow().load('run'), runWith(10))
  })

  function anotherWindow(): InspectionStore {
    return new InspectionStore(vscode.Uri.file(folder), log)
  }
})

const TOKENS = 2 * SCORES_PER_FILE

/** Compares runs as JSON, in which a list of alternatives is an array. */
function assertSameRun(actual: InspectionRun | undefined, expected: InspectionRun): void {
  assert.deepEqual(JSON.parse(JSON.stringify(actual)), JSON.parse(JSON.stringify(expected)))
}

function runWith(scored: number, id = 'run'): InspectionRun {
  const tokens = Array.from({ length: TOKENS }, (_, i) => ({
    tokenId: i,
    range: { start: i, end: i + 1 },
    partial: i % 7 === 0,
  }))
  return {
    inspection: {
      id,
      documentUri: 'file:///a.txt',
      documentName: 'a.txt',
      model: MODEL,
      startToken: true,
      context: 'document',
      topK: 2,
      sections: [
        {
          range: { start: 0, end: TOKENS },
          lines: { first: 1, last: 1 },
          contextTokens: 0,
          contextExcerpt: '',
          loneSurrogates: 0,
          tokens,
          windows: 1,
          predictions: tokens
            .slice(0, scored)
            .map((token, position) => ({ ...token, position, score: scoreOf(position) })),
          next: null,
        },
      ],
      state: { kind: 'cancelled' },
    },
    sequences: [{ tokenIds: Int32Array.from(tokens.keys()), from: 0, to: TOKENS }],
    textDigest: 'digest',
    wholeDocument: true,
    seconds: 1.5,
    ...UNEXPLAINED,
  }
}

/** A scored run of which `compared` tokens are compared. */
function comparedRun(compared: number): InspectionRun {
  const run = runWith(10)
  const tokens = Array.from({ length: compared }, (_, position) => ({
    position,
    baselinePosition: position + 1,
    kl: position / 3,
    jensenShannon: position / 7,
    score: scoreOf(position),
    baselineScore: scoreOf(position + 1),
  }))
  const section = {
    tokens,
    next: null,
    shared: TOKENS,
    contextTokens: { shown: 0, baseline: 0 },
    baselineOnly: [{ position: 3, tokenIds: [1, 2] }],
    isComplete: true,
  }
  return {
    ...run,
    inspection: {
      ...run.inspection,
      comparison: {
        baseline: { kind: 'model', id: 'mini', precision: 'int8' },
        canSwap: true,
        models: { shown: MODEL, baseline: { ...MODEL, precision: 'int8' } },
        state: { kind: 'done' },
        sections: [section],
      },
    },
  }
}

function lensRow(logitsRow: number): LensRow {
  return {
    logitsRow,
    logProb: Float32Array.of(-1, -2),
    rank: Int32Array.of(5, 6),
    entropy: Float32Array.of(1, 2),
    kl: Float32Array.of(3, 0),
    topIds: Int32Array.of(8, 9),
    topLogProbs: Float32Array.of(-0.5, -0.25),
  }
}

function scoreOf(position: number): TokenScore {
  const columns = {
    topIds: Int32Array.of(position, position + 1),
    topLogits: Float32Array.of(position / 7, (position + 1) / 7),
    logSumExp: Float64Array.of(1 / 3),
    topK: 2,
    temperature: 1,
  }
  const top = new AlternativeList(columns, 0)
  const figures = { logit: position / 3, logProb: -1 / 3, rank: 1, surprisal: 1 / 7 }
  return { logitsRow: position, seqLen: TOKENS + 1, logSumExp: 1 / 3, entropy: 2 / 3, top, ...figures }
}

const MODEL: ModelInfo = {
  id: 'mini',
  description: 'embedded',
  fingerprint: 'files 1',
  remarks: [],
  parameters: 1,
  precision: 'fp32',
  backend: 'wasm',
  threads: 1,
  nLayer: 1,
  nHead: 1,
  nEmbd: 1,
  nPositions: 512,
  vocabularySize: 50257,
}
