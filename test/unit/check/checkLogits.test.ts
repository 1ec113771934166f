// The whole check on the small seeded model, with files as NumPy writes them.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLogits, type CheckOptions } from '../../../src/check/checkLogits'
import type { HiddenStates } from '../../../src/files/logits/logitsFile'
import { ArrayFileError } from '../../../src/files/source/errors'
import { fileInMemory } from '../../../src/files/source/fileSource'
import { toHalves } from '../../../src/model/formats/floats'
import { openLogits } from '../../../src/files/logits/openLogits'
import type { CheckReport, CheckResult } from '../../../src/shared/contracts/check/checkResult'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import type { SimulationApi } from '../../../src/shared/contracts/engine/simulation'
import { elementAt } from '../../../src/shared/elementAt'
import { CancelledError, InvalidRequestError } from '../../../src/shared/errors'
import { float32Bytes } from '../../support/checkpoints/checkpointBytes'
import { simulationOf } from '../../support/check/memoizedSimulation'
import { headMatrix, logitsOf, type MistakenCase, MistakenModel } from '../../support/check/mistakenLogits'
import { loadSimulation } from '../../support/engine/loadSimulation'
import { LOADING_LIMIT_MS } from '../../support/engine/engineUnderTest'
import { npyBytes } from '../../support/files/arrayWriters'
import { logSoftmax, softmax, toFloat16, V } from '../../support/files/savedLogits'

const C = 64
/** Of the first text. */
const ALL_ROWS = Array.from({ length: 20 }, (_, row) => row)
const model = new MistakenModel('small')
let folder: string
let api: SimulationApi
let matrix: Float32Array

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-check-'))
  const location = await model.location(folder)
  api = simulationOf(await loadSimulation(location, 'native'))
  matrix = await headMatrix(location)
}, LOADING_LIMIT_MS)

afterAll(() => rm(folder, { recursive: true }))

describe('A correct file is equal', () => {
  it.each<[string, (row: Float32Array) => Float32Array]>([
    ['logits', (row) => row],
    ['logits rounded to float16', toFloat16],
    ['log-probabilities', logSoftmax],
    ['probabilities', softmax],
    ['logits with a constant added', (row) => row.map((value) => value + 3)],
  ])('as %s', async (_, change) => {
    const { report } = await check(caseOf([]), { change })
    expect(report).toMatchObject({ verdict: 'equal', defects: [], firstPosition: null })
  })

  it('stored as float16, and the report has the rounding', async () => {
    const { report } = await check(caseOf([]), { change: toFloat16, descr: '<f2' })
    expect(report).toMatchObject({ verdict: 'equal', representation: { rounding: 'float16' } })
  })
})

describe('A mistake is named', () => {
  it('by the simulation that leaves only noise', async () => {
    const { report } = await check(caseOf(['merge by view']))
    expect(report).toMatchObject({ verdict: 'defect', defects: ['heads-merged'], firstPosition: 0 })
    expect(report.candidates[0]?.residualNats).toBeLessThan(1e-5)
  })

  it('with the first wrong row, if row 0 is right', async () => {
    const { report } = await check(caseOf(['no scale']))
    expect(report).toMatchObject({ defects: ['no-attention-scale'], firstPosition: 1 })
    expect(report.evidence).toContain('Row 0 is right')
  })

  it('together with a second one', async () => {
    const { report } = await check(caseOf(['no scale', 'exact GELU']))
    expect([...report.defects].sort()).toEqual(['activation', 'no-attention-scale'])
  })

  it('in a file of the last row alone', async () => {
    const { report } = await check(caseOf(['no scale']), { rows: [19] })
    expect(report).toMatchObject({ defects: ['no-attention-scale'], representation: { firstRow: 19 } })
  })

  it('for a bias of the head, alone and with another mistake', async () => {
    const bias = (row: Float32Array) => row.map((value, v) => value + 0.05 * Math.sin(v * v))
    const alone = await check(caseOf([]), { change: bias })
    const both = await check(caseOf(['ReLU']), { change: bias })
    expect([alone.report.defects, [...both.report.defects].sort()]).toEqual([
      ['head-bias'],
      ['activation', 'head-bias'],
    ])
  })

  it('for a matrix of the head that is reshaped instead of transposed', async () => {
    const reshaped = new Float32Array(matrix.length)
    for (let v = 0; v < V; v++) for (let c = 0; c < C; c++) reshaped[v * C + c] = elementAt(matrix, c * V + v)
    const { report } = await check(caseOf([]), { head: reshaped })
    expect(report.defects).toEqual(['head-transposed'])
  })

  it('for dropout by a second run', async () => {
    const secondRun = await fileOf(caseOf(['dropout seed 2']))
    const { report } = await check(caseOf(['dropout seed 1']), { options: { secondRun } })
    expect(report).toMatchObject({ verdict: 'defect', defects: ['dropout'] })
  })
})

describe('A file that no mistake explains is different', () => {
  it('and a second run is asked for', async () => {
    const { report, advice } = await check(caseOf(['dropout seed 1']))
    expect(report).toMatchObject({ verdict: 'different', defects: [] })
    expect(advice).toContain('second-run')
  })

  it('if the rows are of another text', async () => {
    const mistaken = elementAt(
      model.cases.filter(({ text, mistakes }) => text === 1 && mistakes.length === 0),
      0,
    )
    const rows = Array.from({ length: 20 }, (_, row) => row)
    const { report } = await check(mistaken, { rows, options: { tokenIds: elementAt(model.texts, 0) } })
    expect(report.verdict).toBe('different')
    expect(report.evidence).toContain('Check that the file is of this text')
  })

  it('if all rows are NaN, which the evidence says', async () => {
    const { report } = await check(caseOf([]), { change: (row) => row.map(() => NaN) })
    expect(report.verdict).toBe('different')
    expect(report.evidence).toContain('NaN')
  })

  it('if a mistake explains only the first rows', async () => {
    const file = await fileOf(caseOf(['no scale']))
    const right = await fileOf(caseOf([]))
    const mixed = { ...file, readRow: (row: number) => (row < 10 ? file : right).readRow(row) }
    const { report } = await checkLogits(mixed, api, { tokenIds: elementAt(model.texts, 0) })
    expect(report.verdict).toBe('different')
  })
})

describe('Hidden states', () => {
  it.each<[string, string[], string | null]>([
    ['of a correct implementation agree', [], null],
    ['show the attention of block 0', ['no scale'], 'h.0.attn'],
    ['show the MLP of block 0', ['exact GELU'], 'h.0.mlp'],
    ['show the MLP that reads a wrong stream', ['residual from normalized'], 'h.0.mlp'],
  ])('%s', async (_, mistakes, subBlock) => {
    const mistaken = caseOf(mistakes)
    const { report, subBlocks } = await check(mistaken, { options: { hidden: hiddenOf(mistaken) } })
    expect([report.firstSubBlock, subBlocks.length]).toEqual([subBlock, 9])
  })

  it('give the output that the first wrong sub-block should have for its own input', async () => {
    const right = caseOf([])
    const states = hiddenOf(right)
    const wrong: HiddenStates = {
      ...states,
      readRow: async (layer, part, row) => {
        const values = await states.readRow(layer, part, row)
        return layer === 1 && part === 'mlp' ? values.map((value) => 2 * value) : values
      },
    }
    const { mismatch } = await check(caseOf(['ReLU']), { options: { hidden: wrong } })
    expect(mismatch?.name).toBe('h.1.mlp')
    mismatch?.expected.forEach((value, i) => {
      expect(value).toBeCloseTo(elementAt(mismatch.found, i) / 2, 4)
    })
  })

  it('that are right to the end leave the head: its matrix is another one', async () => {
    const other = matrix.map((_, i) => elementAt(matrix, (i * 31 + 7) % matrix.length))
    const hidden = hiddenOf(caseOf([]))
    const { report } = await check(caseOf([]), { head: other, options: { hidden } })
    expect(report).toMatchObject({ verdict: 'defect', defects: ['head-untied'] })
  })

  it.each([19, 21])('of %i rows beside 20 of logits are refused', async (rows) => {
    const hidden = { ...hiddenOf(caseOf([])), rows }
    const refused = check(caseOf([]), { options: { hidden } })
    await expect(refused).rejects.toThrow(
      `logits.npy has 20 rows of logits, and the hidden states have ${rows}. Save both in one run.`,
    )
    await expect(refused).rejects.toBeInstanceOf(ArrayFileError)
  })

  it('of another width are refused', async () => {
    const hidden = { ...hiddenOf(caseOf([])), width: 32 }
    await expect(check(caseOf([]), { options: { hidden } })).rejects.toThrow(InvalidRequestError)
  })
})

describe('A check', () => {
  it('reports its progress and can be cancelled between two simulations', async () => {
    const controller = new AbortController()
    const progress: number[] = []
    const onProgress = (done: number) => {
      progress.push(done)
      if (done > 30) controller.abort(new CancelledError())
    }
    const options = { signal: controller.signal, onProgress }
    await expect(check(caseOf(['dropout seed 1']), { options })).rejects.toThrow(CancelledError)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
  })

  it('refuses a text that is longer than the model reads', async () => {
    const options = { tokenIds: new Int32Array(129).fill(5) }
    await expect(check(caseOf([]), { options })).rejects.toThrow('at most 128')
  })

  it.each<[string, number[], boolean]>([
    ['as many rows as tokens', ALL_ROWS, true],
    ['fewer rows', ALL_ROWS.slice(0, 12), true],
    ['the last row alone', [19], true],
    ['one more row than tokens', [...ALL_ROWS, 0], false],
    ['three more rows', [...ALL_ROWS, 0, 1, 2], false],
  ])('of a file with %s', async (_, rows, isRead) => {
    const [result] = await Promise.allSettled([check(caseOf([]), { rows })])
    expect(result.status === 'fulfilled' ? result.value.report.verdict : result.reason).toEqual(
      isRead
        ? 'equal'
        : new ArrayFileError(
            `logits.npy has ${rows.length} rows, and the text has 20 tokens. Save one row for each token, or choose the text of the file.`,
          ),
    )
  })

  it('refuses fewer tokens than rows, as ids that are shorter than the logits', async () => {
    const tokenIds = elementAt(model.texts, 0).slice(0, 17)
    await expect(check(caseOf([]), { options: { tokenIds } })).rejects.toThrow(
      'logits.npy has 20 rows, and the text has 17 tokens.',
    )
  })

  it('refuses a second run with another number of rows', async () => {
    const secondRun = await fileOf(caseOf([]), { rows: ALL_ROWS.slice(1) })
    await expect(check(caseOf(['ReLU']), { options: { secondRun } })).rejects.toThrow(
      'logits.npy has 20 rows, and logits.npy, the other run, has 19. Save two runs of the same text.',
    )
  })

  it('says in its remarks how the file, the tokens and the hidden states were read', async () => {
    const file = { ...(await fileOf(caseOf([]))), remarks: ['of the file'], ids: Int32Array.of(1, 2) }
    const tokenIds = elementAt(model.texts, 0)
    const hidden = { ...hiddenOf(caseOf([])), remarks: ['of hidden states'] }
    const { report } = await checkLogits(file, api, { tokenIds, tokenRemarks: ['of the tokens'], hidden })
    expect(report.file.remarks).toEqual([
      'of the file',
      'of the tokens',
      'of hidden states',
      'The file has token ids of its own, which are those of another text. They were not used.',
    ])
  })

  it('needs the tokens of the rows', async () => {
    await expect(checkLogits(await fileOf(caseOf([])), api)).rejects.toThrow(InvalidRequestError)
  })

  it('finds that the rows are of a text without the start token', async () => {
    const ids = Int32Array.of(START_TOKEN_ID, ...elementAt(model.texts, 0))
    const { report } = await check(caseOf([]), { options: { tokenIds: ids } })
    expect(report).toMatchObject({ verdict: 'equal', bos: false })
  })
})

interface Changes {
  readonly change?: (row: Float32Array) => Float32Array
  readonly descr?: '<f4' | '<f2'
  readonly head?: Float32Array
  /** Rows that are saved; default: all. */
  readonly rows?: readonly number[]
  readonly options?: CheckOptions
}

async function check(
  mistaken: MistakenCase,
  changes: Changes = {},
): Promise<CheckResult & { report: CheckReport }> {
  const file = await fileOf(mistaken, changes)
  return checkLogits(file, api, { tokenIds: elementAt(model.texts, mistaken.text), ...changes.options })
}

/** The file that the implementation of a case saves. */
function fileOf(
  mistaken: MistakenCase,
  { change = (row) => row, descr = '<f4', head = matrix, rows }: Changes = {},
) {
  const states = model.headRows(mistaken, C)
  const saved = rows ?? Array.from({ length: states.length / C }, (_, row) => row)
  const values = new Float32Array(saved.length * V)
  saved.forEach((row, i) => {
    values.set(change(logitsOf(states.subarray(row * C, (row + 1) * C), head, C)), i * V)
  })
  const data = descr === '<f2' ? new Uint8Array(toHalves(values).buffer as ArrayBuffer) : float32Bytes(values)
  return openLogits(fileInMemory('logits.npy', npyBytes({ descr, shape: [saved.length, V], data })))
}

function caseOf(mistakes: readonly string[]): MistakenCase {
  const found = model.cases.find((mistaken) => mistaken.mistakes.join() === mistakes.join())
  if (found === undefined) throw new Error(`there is no case ${mistakes.join()}`)
  return found
}

function hiddenOf(mistaken: MistakenCase): HiddenStates {
  const nameOf = (layer: number, part: string) => (part === 'residual' ? `h.${layer}` : `h.${layer}.${part}`)
  return {
    rows: elementAt(model.texts, mistaken.text).length,
    width: C,
    layers: 3,
    remarks: [],
    has: () => true,
    readRow: (layer, part, row) =>
      Promise.resolve(model.hiddenRows(mistaken, nameOf(layer, part), C).slice(row * C, (row + 1) * C)),
  }
}
