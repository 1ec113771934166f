import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InspectionReport } from '../../../src/prediction/report/report'
import { elementAt } from '../../../src/shared/elementAt'
import { disposable, FROM_FOLDER, run, type RunOptions } from '../../support/cli/runInProcess'
import { freshEngine, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { hashEngine } from '../../support/fakes/hashEngine'
import { LOG_PROB_TOLERANCE, LOGIT_TOLERANCE } from '../../support/reference/referenceAgreement'
import { type ReferencePosition, referenceText } from '../../support/reference/referenceTexts'
import { MINI } from '../../support/texts/samples'

const BITS_PER_NAT = 1 / Math.LN2

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logitscope-cli-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('logitscope inspect --json', () => {
  it.each(['typescript +bos', 'emoji', 'one token', 'empty +bos'])(
    'has the reference’s numbers for “%s”',
    async (name) => {
      const { text, positions, startToken } = referenceText(name)
      const model = await loadMini()
      const args = ['--text', text, ...(startToken ? [] : ['--no-bos'])]

      const report = await inspect(args, { createEngine: () => disposable(freshEngine(model)) })

      const scored = report.positions.slice(startToken ? 0 : 1)
      expect(scored).toHaveLength(positions.length - 1)
      for (const [i, reported] of scored.entries()) expectAgreement(reported, elementAt(positions, i))
      expect(report.next?.top.map(({ tokenId }) => tokenId)).toEqual(positions.at(-1)?.topIds)
    },
    LOADING_LIMIT_MS,
  )

  it('starts the engine as the options say', async () => {
    const requested: unknown[] = []
    const report = await inspect(
      ['--text', 'the', '--precision', 'int8', '--threads', '3', '--backend', 'wasm'],
      {
        createEngine: (options) => {
          requested.push(options)
          return disposable(hashEngine({ ...MINI, precision: options.precision }))
        },
      },
    )
    expect(report.precision).toBe('int8')
    expect(requested).toMatchObject([
      {
        choice: 'wasm',
        model: { id: 'mini' },
        embedded: { id: 'mini' },
        precision: 'int8',
        threads: 3,
      },
    ])
  })

  it('describes the run, each token and the next distribution', async () => {
    const report = await inspect(['--text', 'the 👋', '--context', 'before', '--top-k', '2'])
    expect(Object.keys(report)).toEqual([
      'model',
      'backend',
      'precision',
      'remarks',
      'bos',
      'temperature',
      'topK',
      'contextTokens',
      'positions',
      'next',
      'summary',
    ])
    expect(report).toMatchObject({ model: 'mini', backend: 'wasm', precision: 'fp32', bos: true, topK: 2 })
    expect(report.contextTokens).toBe(1)
    expect(report.positions.map(({ text, start, end }) => [text, start, end])).toEqual([
      ['the', 0, 3],
      [' \ufffd', 3, 6],
      ['\ufffd', 4, 6],
    ])
    expect(report.positions[0]?.logitsRow).toBe(1)
    expect(report.positions[1]).toMatchObject({ bytes: [0x20, 0xf0, 0x9f, 0x91], partial: true })
    expect(report.positions[0]?.top).toHaveLength(2)
    expect(report.next?.top).toHaveLength(2)
    expect(report.summary).toMatchObject({ tokens: 3, windows: 1 })
  })

  it('scores a text after a context as it scores the whole text', async () => {
    const whole = await inspect(['--text', 'def main():\n    return'])
    const part = await inspect(['--text', '():\n    return', '--context', 'def main'])
    expect(part.positions.map(({ logProb }) => logProb)).toEqual(
      whole.positions.slice(part.contextTokens).map(({ logProb }) => logProb),
    )
  })

  it('divides the logits by the temperature, but prints them raw', async () => {
    const cold = await inspect(['--text', 'the', '--temperature', '0.5'])
    const plain = await inspect(['--text', 'the'])
    expect(cold.temperature).toBe(0.5)
    expect(cold.positions[0]?.logit).toBe(plain.positions[0]?.logit)
    expect(cold.positions[0]?.logProb).not.toBe(plain.positions[0]?.logProb)
  })

  it('has no positions and no next distribution for an empty text without a start token', async () => {
    expect(await inspect(['--text', '', '--no-bos'])).toMatchObject({
      positions: [],
      next: null,
      summary: { tokens: 0, perplexity: null, bitsPerToken: null },
    })
  })

  it('has nulls for the first token without a start token', async () => {
    const { positions, next, summary } = await inspect(['--text', 'the', '--no-bos'])
    expect(positions[0]).toMatchObject({ logitsRow: null, logit: null, logProb: null, rank: null, top: null })
    expect(next?.logitsRow).toBe(0)
    expect(summary).toMatchObject({ tokens: 1, perplexity: null })
  })
})

describe('The input of logitscope inspect', () => {
  it('is a file, with its byte order mark, CRLF and trailing white space', async () => {
    const file = join(folder, 'windows.txt')
    await writeFile(file, '\ufeffa\r\nb  ')
    const { positions } = await inspect([file])
    expect(positions.map(({ text, start, end }) => [text, start, end])).toEqual([
      ['\ufffd', 0, 1],
      ['\ufffd', 0, 1],
      ['\ufffd', 0, 1],
      ['a', 1, 2],
      ['\n', 2, 4],
      ['b', 4, 5],
      [' ', 5, 6],
      [' ', 6, 7],
    ])
  })

  it('is the standard input for -', async () => {
    const { stdout } = await run(['inspect', '-', '--json'], { input: 'the' })
    expect(reportIn(stdout).positions.map(({ tokenId }) => tokenId)).toEqual([1169])
  })

  it('has a context from a file', async () => {
    const file = join(folder, 'context.txt')
    await writeFile(file, 'a b c')
    expect((await inspect(['--text', 'the', '--context', `@${file}`])).contextTokens).toBe(3)
  })

  it('must be UTF-8', async () => {
    expect(await run(['inspect', '-'], { input: Buffer.from([0x61, 0xff]) })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'logitscope: the standard input is not valid UTF-8\n',
    })
  })

  it('may have a run of one character of any length', async () => {
    const { stdout } = await run(['inspect', '-', '--json'], { input: '='.repeat(20_000) })

    expect(reportIn(stdout).positions).toHaveLength(313)
  })
})

describe('logitscope inspect --model', () => {
  it('finds a model of the registry in the folder LOGITSCOPE_MODELS', async () => {
    await mkdir(join(folder, 'distilgpt2'))
    const args = ['inspect', '--text', 'the', '--json', '--model', 'distilgpt2']
    const { stdout, stderr } = await run(args, { variables: { LOGITSCOPE_MODELS: folder } })
    expect(stderr).toBe('')
    expect(reportIn(stdout).model).toBe('distilgpt2')
  })

  it.each([
    ['is not in LOGITSCOPE_MODELS', { LOGITSCOPE_MODELS: tmpdir() }],
    ['is needed while LOGITSCOPE_MODELS is not set', {}],
  ])('says how to get a model that %s', async (_, variables) => {
    const args = ['inspect', '--text', 'the', '--model', 'gpt2-medium']
    expect(await run(args, { variables })).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'logitscope: gpt2-medium is not downloaded: download it in VS Code and set LOGITSCOPE_MODELS to the folder of its models.\n',
    })
  })
})

describe('The exit code of logitscope', () => {
  it('is 0 after a table', async () => {
    const { code, stdout, stderr } = await run(['inspect', '--text', 'the'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^mini \(fp32, wasm\)[^]*\n +0 {2}the [^]*\nnext [^]*1 token · perplexity .*\n$/)
    expect(stderr).toBe('')
  })

  it.each([
    ['bad usage', ['inspect']],
    ['a missing file', ['inspect', 'no/such/file.txt']],
    ['a folder instead of a file', ['inspect', tmpdir()]],
    ['an unknown model', ['inspect', '--text', 'a', '--model', 'no-such-model']],
  ])('is 2, with one line on stderr, after %s', async (_, args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
  })

  it('is 2, with one line on stderr, after a model that cannot be loaded', async () => {
    const { code, stdout, stderr } = await run(['inspect', '--text', 'a', '--model', folder], FROM_FOLDER)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
  })

  it('is 2, with the command that converts the model, if its weights are a PyTorch pickle', async () => {
    const pickled = join(folder, 'pickled')
    await mkdir(pickled)
    await writeFile(join(pickled, 'ckpt.pt'), '')
    const { code, stderr } = await run(['inspect', '--text', 'a', '--model', pickled], FROM_FOLDER)
    expect(code).toBe(2)
    expect(stderr).toContain('media/convert_checkpoint.py')
    expect(stderr).toContain(join(pickled, 'ckpt.pt'))
  })

  it('is 0 after --help and --version', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

function expectAgreement(reported: InspectionReport['positions'][number], expected: ReferencePosition): void {
  const { targetLogProb = NaN } = expected
  expect(reported.tokenId).toBe(expected.targetId)
  expectWithin(reported.logit, expected.targetLogit, LOGIT_TOLERANCE)
  expectWithin(reported.logProb, targetLogProb, LOG_PROB_TOLERANCE)
  expectWithin(reported.surprisal, -targetLogProb * BITS_PER_NAT, LOG_PROB_TOLERANCE * BITS_PER_NAT)
  expectWithin(reported.entropy, expected.entropyNats * BITS_PER_NAT, 2e-4)
  expect(reported.rank).toBe(expected.targetRank)
  for (const [k, logit] of expected.topLogits.entries())
    expectWithin(reported.top?.[k]?.logit, logit, LOGIT_TOLERANCE)
}

function expectWithin(
  actual: number | null | undefined,
  expected: number | undefined,
  tolerance: number,
): void {
  expect(Math.abs((actual ?? NaN) - (expected ?? NaN))).toBeLessThanOrEqual(tolerance)
}

function reportIn(stdout: string): InspectionReport {
  return JSON.parse(stdout) as InspectionReport
}

/** The object that a successful `inspect --json` prints. */
async function inspect(args: readonly string[], options?: RunOptions): Promise<InspectionReport> {
  const { code, stdout, stderr } = await run(['inspect', ...args, '--json'], options)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return reportIn(stdout)
}
