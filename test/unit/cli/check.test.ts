import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkOptionsOf } from '../../../src/cli/commands/check'
import type { CheckReport } from '../../../src/shared/contracts/check/checkResult'
import { float32Bytes } from '../../support/checkpoints/checkpointBytes'
import { disposable, type Outcome, run, type RunOptions } from '../../support/cli/runInProcess'
import { simulateInThread } from '../../support/cli/simulateInThread'
import { connect, freshEngine, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import { npyBytes } from '../../support/files/arrayWriters'

const V = 50_257
const TEXT = 'The quick brown fox jumps over the lazy dog.'

describe('logitscope check', () => {
  let folder: string
  let options: RunOptions
  /** Rows of the text, without start token, as the engine computes them. */
  let rows: Float32Array[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-check-'))
    const model = await loadMini()
    options = { createEngine: () => disposable(freshEngine(model)), startReference: simulateInThread }
    const engine = connect(freshEngine(model))
    const { tokenIds } = await engine.tokenize({ text: TEXT })
    rows = []
    for (const row of tokenIds.keys())
      rows.push(await engine.logits({ tokenIds: tokenIds.slice(0, row + 1) }))
  }, LOADING_LIMIT_MS)

  afterAll(() => rm(folder, { recursive: true }))

  async function save(
    name: string,
    saved: readonly Float32Array[],
    shape: readonly number[] = [saved.length, V],
  ): Promise<string> {
    const data = Uint8Array.from(saved.flatMap((row) => [...float32Bytes(row)]))
    const path = join(folder, name)
    await writeFile(path, npyBytes({ shape, data }))
    return path
  }

  const check = (...args: string[]): Promise<Outcome> => run(['check', ...args], options)
  const withBias = () => rows.map((row) => row.map((logit, v) => logit + Math.sin(v)))

  it('ends with 0 for logits that are equal', async () => {
    const { code, stdout } = await check(await save('equal.npy', rows), '--text', TEXT)
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'Equal: these are the logits of mini'])
  })

  it('ends with 3 and names the mistake', async () => {
    const { code, stdout } = await check(await save('bias.npy', withBias()), '--text', TEXT)
    expect([code, stdout.split('\n')[0]]).toEqual([3, 'The mistake: LM head with a bias'])
  })

  it('prints one JSON object with exactly the documented fields', async () => {
    const { stdout } = await check(await save('json.npy', withBias()), '--text', TEXT, '--json')
    const report = JSON.parse(stdout) as CheckReport
    expect(Object.keys(report).sort()).toEqual(
      [
        ...[
          'model',
          'backend',
          'precision',
          'remarks',
          'bos',
          'file',
          'representation',
          'verdict',
          'defects',
        ],
        ...['candidates', 'evidence', 'maxAbsDeltaNats', 'firstPosition', 'firstSubBlock', 'summary'],
      ].sort(),
    )
    expect(report).toMatchObject({ model: 'mini', verdict: 'defect', defects: ['head-bias'], bos: false })
  })

  it('takes the text from the standard input', async () => {
    const path = await save('stdin.npy', rows)
    expect((await run(['check', path, '-'], { ...options, input: TEXT })).code).toBe(0)
  })

  it('takes token ids as a list', async () => {
    const path = await save('ids.npy', rows.slice(0, 3))
    expect((await check(path, '--tokens', '464, 2068, 7586')).code).toBe(0)
  })

  it('takes token ids from a file', async () => {
    const ids = join(folder, 'ids.json')
    await writeFile(ids, '[464, 2068, 7586]')
    expect((await check(await save('idsFile.npy', rows.slice(0, 3)), '--tokens', ids)).code).toBe(0)
  })

  it('says how an array with a further axis was read, as text and as JSON', async () => {
    const path = await save('batch.npy', rows.slice(0, 3), [1, 3, V])
    const remark = `batch.npy has the shape [1, 3, ${V}] and was read as 3 rows.`
    const tokens = ['--tokens', '[[464, 2068, 7586]]']
    const [text, json] = [await check(path, ...tokens), await check(path, ...tokens, '--json')]
    expect([text.code, text.stdout.split(remark).length]).toEqual([0, 2])
    expect((JSON.parse(json.stdout) as CheckReport).file.remarks).toEqual([
      remark,
      '--tokens has a list in a list, which was read as 3 tokens.',
    ])
  })

  it.each<[string, number[], string, string]>([
    ['more rows than tokens', [3, V], '464', 'ends.npy has 3 rows, and the text has 1 token.'],
    ['four axes', [1, 1, 3, V], '464,2068,7586', `the shape [1, 1, 3, ${V}], which has 4 axes.`],
    ['two texts', [3, V], '[[464, 2068], [7586]]', '--tokens is not one list of token ids.'],
    ['an id that no token has', [3, V], '464,2068,60000', '--tokens has 60000 at index 2'],
  ])('ends with 2 and one line for %s', async (_, shape, tokens, message) => {
    const path = await save('ends.npy', rows.slice(0, 3), shape)
    const { code, stdout, stderr } = await check(path, '--tokens', tokens)
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
    expect(stderr).toContain(message)
  })

  it('names dropout if a second run differs', async () => {
    const noisy = (seed: number) => rows.map((row) => row.map((logit, v) => logit + Math.sin(v * seed)))
    const paths = await Promise.all([save('first.npy', noisy(1.1)), save('second.npy', noisy(1.7))])
    const { stdout } = await check(paths[0], '--text', TEXT, '--second', paths[1], '--json')
    expect((JSON.parse(stdout) as CheckReport).defects).toEqual(['dropout'])
  })

  it.each([
    ['a missing file', ['nowhere.npy', '--text', TEXT], /cannot be opened/],
    ['no tokens', ['equal.npy'], /does not say which tokens/],
    ['an unknown model', ['equal.npy', '--text', TEXT, '--model', 'gpt9'], /There is no model/],
  ])('ends with 2 and one line for %s', async (_, [file = '', ...args], message) => {
    await save('equal.npy', rows)
    const { code, stdout, stderr } = await check(join(folder, file), ...args)
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({
      code: 2,
      stdout: '',
      lines: 1,
    })
    expect(stderr).toMatch(message)
  })

  it('ends with 2 and the conversion line for a pickle', async () => {
    const path = join(folder, 'logits.pt')
    await writeFile(path, Uint8Array.of(0x80, 2, 0x58, 0, 0, 0, 0, 0, 0, 0))
    const { code, stderr } = await check(path, '--text', TEXT)
    expect([code, stderr]).toEqual([2, expect.stringContaining('torch.load("logits.pt", weights_only=True)')])
  })
})

describe('The arguments of logitscope check', () => {
  it.each([
    ['no file', [], 'give the file of LOGITS'],
    ['a text and ids', ['a.npy', '--text', 'T', '--tokens', '1'], 'give --tokens or a text, not both'],
    ['int8', ['a.npy', '--precision', 'int8'], 'check compares in fp32'],
  ])('are refused with %s', (_, args, message) => {
    expect(() => checkOptionsOf(args)).toThrow(message)
  })
})
