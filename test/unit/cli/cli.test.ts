import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InspectionReport } from '../../../src/prediction/report/report'

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url))
const MINI = fileURLToPath(new URL('../../../media/models/mini', import.meta.url))
const BITS_PER_NAT = 1 / Math.LN2

interface ReferencePosition {
  readonly topIds: number[]
  readonly topLogits: number[]
  readonly entropyNats: number
  readonly targetId?: number
  readonly targetLogit?: number
  readonly targetLogProb?: number
  readonly targetRank?: number
}
interface ReferenceText {
  readonly name: string
  readonly text: string
  readonly positions: ReferencePosition[]
}
const references = JSON.parse(
  readFileSync(new URL('../../fixtures/reference/mini.json', import.meta.url), 'utf8'),
) as ReferenceText[]

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder: string
beforeAll(async () => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build')
  folder = await mkdtemp(join(tmpdir(), 'logitscope-cli-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('logitscope inspect --json', () => {
  it.each(['typescript +bos', 'emoji', 'one token', 'empty +bos'])(
    'has the reference’s numbers for “%s”',
    async (name) => {
      const { text, positions } = referenceOf(name)
      const withStartToken = name.endsWith('+bos')
      const report = await inspect(['--text', text, ...(withStartToken ? [] : ['--no-bos'])])

      const scored = report.positions.slice(withStartToken ? 0 : 1)
      expect(scored).toHaveLength(positions.length - 1)
      for (const [i, reported] of scored.entries()) expectAgreement(reported, positions[i])
      expect(report.next?.top.map(({ tokenId }) => tokenId)).toEqual(positions.at(-1)?.topIds)
    },
  )

  it('says that it ran in int8 where it did', async () => {
    const report = await inspect(['--text', 'the', '--precision', 'int8'])
    expect(report.precision).toBe('int8')
  })

  it('describes the run, each token and what comes next', async () => {
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
    expect(report.positions[0].logitsRow).toBe(1)
    expect(report.positions[1]).toMatchObject({ bytes: [0x20, 0xf0, 0x9f, 0x91], partial: true })
    expect(report.positions[0].top).toHaveLength(2)
    expect(report.next?.top).toHaveLength(2)
    expect(report.summary).toMatchObject({ tokens: 3, windows: 1 })
  })

  it('scores a text after its context as it would score it in one', async () => {
    const whole = await inspect(['--text', 'def main():\n    return'])
    const part = await inspect(['--text', '():\n    return', '--context', 'def main'])
    expect(part.positions.map(({ logProb }) => logProb)).toEqual(
      whole.positions.slice(part.contextTokens).map(({ logProb }) => logProb),
    )
  })

  it('divides the logits by the temperature, but shows them raw', async () => {
    const [cold] = (await inspect(['--text', 'the', '--temperature', '0.5'])).positions
    const [plain] = (await inspect(['--text', 'the'])).positions
    expect(cold.logit).toBe(plain.logit)
    expect(cold.rank).toBe(plain.rank)
    expect(cold.entropy).toBeLessThan(Number(plain.entropy))
  })

  it('has no positions for an empty text, and no next without start token', async () => {
    expect(await inspect(['--text', '', '--no-bos'])).toMatchObject({
      positions: [],
      next: null,
      summary: { tokens: 0, perplexity: null, bitsPerToken: null },
    })
  })

  it('has nulls for the first token without start token', async () => {
    const { positions, next, summary } = await inspect(['--text', 'the', '--no-bos'])
    expect(positions[0]).toMatchObject({ logitsRow: null, logit: null, logProb: null, rank: null, top: null })
    expect(next?.logitsRow).toBe(0)
    expect(summary).toMatchObject({ tokens: 1, perplexity: null })
  })
})

describe('what logitscope inspect reads', () => {
  it('takes a file as it is: byte order mark, CRLF, blanks at the end', async () => {
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

  it('takes the standard input', async () => {
    const { stdout } = await run(['inspect', '-', '--json'], Buffer.from('the'))
    expect((JSON.parse(stdout) as InspectionReport).positions.map(({ tokenId }) => tokenId)).toEqual([1169])
  })

  it('takes a context from a file', async () => {
    const file = join(folder, 'context.txt')
    await writeFile(file, 'a b c')
    expect((await inspect(['--text', 'the', '--context', `@${file}`])).contextTokens).toBe(3)
  })

  it('refuses what is not UTF-8', async () => {
    const outcome = await run(['inspect', '-'], Buffer.from([0x61, 0xff]))
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: 'logitscope: the standard input is not valid UTF-8\n',
    })
  })

  it('refuses a text that GPT-2’s tokenizer would choke on', async () => {
    const { code, stderr } = await run(['inspect', '-'], Buffer.from('x'.repeat(20_000)))
    expect(code).toBe(2)
    expect(stderr).toMatch(/^logitscope: Line 1 has more than 10,000 letters in a row.*\n$/)
  })
})

describe('logitscope inspect --model', () => {
  it('finds a model of the registry in the folder that LOGITSCOPE_MODELS names', async () => {
    await cp(MINI, join(folder, 'distilgpt2'), { recursive: true })
    const args = ['inspect', '--text', 'the', '--json', '--model', 'distilgpt2']
    const { stdout, stderr } = await run(args, Buffer.alloc(0), { LOGITSCOPE_MODELS: folder })
    expect(stderr).toBe('')
    expect((JSON.parse(stdout) as InspectionReport).model).toBe('distilgpt2')
  })

  it.each([
    ['LOGITSCOPE_MODELS does not have', { LOGITSCOPE_MODELS: tmpdir() }],
    ['nobody has named a folder for', {}],
  ])('says how to get a model that %s', async (_, variables) => {
    const args = ['inspect', '--text', 'the', '--model', 'gpt2-medium']
    expect(await run(args, Buffer.alloc(0), variables)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'logitscope: gpt2-medium is not downloaded: download it in VS Code, and let LOGITSCOPE_MODELS name the folder of its models.\n',
    })
  })
})

describe('how logitscope ends', () => {
  it('with 0 and a table', async () => {
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
  ])('with 2 and one line after %s', async (_, args) => {
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
  })

  it('with 1 and one line after a model that cannot be loaded', async () => {
    const { code, stdout, stderr } = await run(['inspect', '--text', 'a', '--model', folder])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
  })

  it('with 1 and the command that converts the model, if its weights are a PyTorch pickle', async () => {
    const pickled = join(folder, 'pickled')
    await mkdir(pickled)
    await writeFile(join(pickled, 'ckpt.pt'), '')
    const { code, stderr } = await run(['inspect', '--text', 'a', '--model', pickled])
    expect(code).toBe(1)
    expect(stderr).toContain('media/convert_checkpoint.py')
    expect(stderr).toContain(join(pickled, 'ckpt.pt'))
  })

  it('with 0 after --help and --version', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('quietly when its reader has had enough', async () => {
    const { code, stderr } = await runClosingStdout([
      'inspect',
      '--text',
      'a b c',
      '--json',
      '--top-k',
      '100',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('not before all of a long output is through the pipe', async () => {
    const text = 'one two three four five six seven eight nine ten\n'.repeat(20)
    const report = await inspect(['--text', text, '--top-k', '100'])
    expect(report.positions).toHaveLength(220)
  })
})

function referenceOf(name: string): ReferenceText {
  const reference = references.find((candidate) => candidate.name === name)
  if (reference === undefined) throw new Error(`no reference text ${name}`)
  return reference
}

function expectAgreement(reported: InspectionReport['positions'][number], expected: ReferencePosition): void {
  expect(reported.tokenId).toBe(expected.targetId)
  expectWithin(reported.logit, expected.targetLogit, 1e-3)
  expectWithin(reported.logProb, expected.targetLogProb, 2e-4)
  expectWithin(reported.surprisal, -Number(expected.targetLogProb) * BITS_PER_NAT, 2e-4 * BITS_PER_NAT)
  expectWithin(reported.entropy, expected.entropyNats * BITS_PER_NAT, 2e-4)
  expect(reported.rank).toBe(expected.targetRank)
  for (const [k, logit] of expected.topLogits.entries()) expectWithin(reported.top?.[k].logit, logit, 1e-3)
}

function expectWithin(
  actual: number | null | undefined,
  expected: number | undefined,
  tolerance: number,
): void {
  expect(Math.abs(Number(actual ?? NaN) - Number(expected))).toBeLessThanOrEqual(tolerance)
}

/** The object that a successful `inspect --json` prints. */
async function inspect(args: readonly string[]): Promise<InspectionReport> {
  const { code, stdout, stderr } = await run(['inspect', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as InspectionReport
}

function start(args: readonly string[], variables: Record<string, string> = {}) {
  const env = { ...process.env, LOGITSCOPE_MODELS: undefined, ...variables }
  const child = spawn(process.execPath, [CLI, ...args], { env })
  const stderr: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return { child, stderr, ended }
}

async function run(
  args: readonly string[],
  input: Buffer = Buffer.alloc(0),
  variables: Record<string, string> = {},
): Promise<Outcome> {
  const { child, stderr, ended } = start(args, variables)
  const stdout: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stdin.end(input)
  return { code: await ended, stdout: String(Buffer.concat(stdout)), stderr: String(Buffer.concat(stderr)) }
}

async function runClosingStdout(args: readonly string[]): Promise<Pick<Outcome, 'code' | 'stderr'>> {
  const { child, stderr, ended } = start(args)
  child.stdout.destroy()
  return { code: await ended, stderr: String(Buffer.concat(stderr)) }
}
