import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareOptionsOf } from '../../../src/cli/commands/compare'
import type { ComparisonReport } from '../../../src/prediction/report/json/comparisonReport'
import { disposable, type Outcome, run } from '../../support/cli/runInProcess'
import { usageErrorOf } from '../../support/cli/usageErrorOf'
import { sparseModelFolder } from '../../support/checkpoints/sparseCheckpoint'
import { freshEngine, LOADING_LIMIT_MS, loadMini, MINI } from '../../support/engine/engineUnderTest'

const TEXT = ['--text', 'The cat sat on the mat.']

let folder: string
let other: string
/** Shared, because loading the int8 baseline takes seconds. */
let engine: ReturnType<typeof freshEngine>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-compare-'))
  other = join(folder, 'other.txt')
  await writeFile(other, 'The dog sat on the mat.')
  engine = freshEngine(await loadMini())
}, LOADING_LIMIT_MS)
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('logitscope compare --json', () => {
  it('describes both sides, each token and the summary', async () => {
    const report = await compared([...TEXT, '--baseline', 'mini', '--baseline-precision', 'int8'])

    expect(report).toMatchObject({
      model: 'mini',
      precision: 'fp32',
      bos: true,
      contextTokens: 0,
      baseline: { model: 'mini', precision: 'int8', bos: true, contextTokens: 0 },
      aligned: true,
      summary: { tokens: 7 },
    })
    expect(report.positions).toHaveLength(7)
    expect(Object.keys(report.positions[0] ?? {})).toEqual([
      'position',
      'tokenId',
      'text',
      'baselinePosition',
      'logProb',
      'baselineLogProb',
      'klNats',
      'jsNats',
      'rank',
      'baselineRank',
      'sameTop',
    ])
    expect(report.summary?.klMeanNats).toBeGreaterThan(0)
  })

  it('compares the tokens that both texts have, and has nulls for the others', async () => {
    const report = await compared([...TEXT, '--baseline-text', other])

    const deltas = report.positions.map(({ baselinePosition, klNats }) => [baselinePosition, klNats === null])
    expect(deltas.slice(0, 3)).toEqual([
      [0, false],
      [null, true],
      [2, false],
    ])
    expect(report.summary?.tokens).toBe(6)
  })

  it('has no summary if no token is compared', async () => {
    const report = await compared(['--text', '', '--baseline-precision', 'int8'])

    expect(report).toMatchObject({ positions: [], summary: null })
  })
})

describe('logitscope compare', () => {
  it('prints a line for each token, and the summary with units', async () => {
    const { code, stdout } = await compare([...TEXT, '--baseline-precision', 'int8'])

    expect(code).toBe(0)
    expect(stdout).toMatch(/^shown: {4}mini \(fp32, wasm\).*\nbaseline: mini \(int8, wasm\)/)
    expect(stdout).toMatch(/\n1 +·cat +[\d.]+e-\d +/)
    expect(stdout).toMatch(/KL\(baseline ‖ shown\) in nats: mean 0\.00\d+ ± /)
    expect(stdout).toMatch(/max \|Δ log-prob\| \d\.\d+ nats/)
  })

  it.each([
    ['3 if a difference is larger than --fail-over', '0.0001', 3],
    ['0 if none is', '20', 0],
  ])('ends with exit code %s', async (_, nats, expected) => {
    const { code } = await compare([...TEXT, '--baseline-precision', 'int8', '--fail-over', nats])

    expect(code).toBe(expected)
  })

  it.each([
    ['a baseline that is not a model', ['--baseline', '/nowhere'], /^logitscope: .*\/nowhere/],
    [
      'a baseline’s text that does not exist',
      ['--baseline-text', '/nowhere.txt'],
      /^logitscope: cannot read \/nowhere\.txt: the file does not exist\n$/,
    ],
    ['no baseline at all', [], /^logitscope: give --baseline ID\|DIR, /],
  ])('ends with exit code 2 and one line for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await compare([...TEXT, ...args])

    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  it('has the command that converts the baseline if its weights are a PyTorch pickle', async () => {
    const pickled = join(folder, 'ckpt.pt')
    await writeFile(pickled, '')
    await writeFile(join(folder, 'config.json'), await readFile(join(MINI.folder, 'config.json')))

    const { code, stderr } = await compare([...TEXT, '--baseline', folder])

    expect(code).toBe(2)
    const [, command = '', second] = stderr.split(' Run: ')
    expect(command).toContain(pickled)
    expect(second).toBeUndefined()
  })
})

describe('A baseline that does not fit beside the model', () => {
  it('is refused with one line that says what is needed and what to do', async () => {
    const { code, stderr } = await compare([...TEXT, '--baseline', await sparseModelFolder()])

    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^logitscope: \S+ \(fp32\) and mini \(fp32\) together need 6\.\d GB of memory; WASM can use 4\.3 GB\. Compare a smaller model, or use int8\.\n$/,
    )
  })
})

describe('The options of logitscope compare', () => {
  it('have no limit and the same text by default', () => {
    expect(compareOptionsOf([...TEXT, '--baseline', 'gpt2'])).toMatchObject({
      baseline: 'gpt2',
      baselinePrecision: undefined,
      baselineText: undefined,
      failOver: undefined,
    })
  })

  it.each([
    ['an unknown precision', ['--baseline-precision', 'fp16']],
    ['a limit that is not a number', ['--baseline', 'gpt2', '--fail-over', 'much']],
    ['a negative limit', ['--baseline', 'gpt2', '--fail-over=-1']],
  ])('reject %s with a message of one line', (_, args) => {
    expect(usageErrorOf(() => compareOptionsOf([...TEXT, ...args]))).not.toContain('\n')
  })
})

function compare(args: readonly string[]): Promise<Outcome> {
  return run(['compare', ...args], { createEngine: () => disposable(engine) })
}

async function compared(args: readonly string[]): Promise<ComparisonReport> {
  const { stdout, stderr } = await compare([...args, '--json'])
  expect(stderr).toBe('')
  return JSON.parse(stdout) as ComparisonReport
}
