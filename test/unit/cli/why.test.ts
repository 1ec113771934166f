import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WhyReport } from '../../../src/prediction/report/json/whyReport'
import { elementAt } from '../../../src/shared/elementAt'
import { disposable, run, type RunOptions } from '../../support/cli/runInProcess'
import { freshEngine, LOADING_LIMIT_MS, loadMini } from '../../support/engine/engineUnderTest'
import {
  nameOf,
  REFERENCE_EXPLANATIONS,
  type ReferenceExplanation,
} from '../../support/reference/explainReference'
import { referenceText } from '../../support/reference/referenceTexts'

const REAL: RunOptions = { createEngine: async () => disposable(freshEngine(await loadMini())) }
const CAT = ['--text', 'The cat sat on the']
const SHORT_CASES = REFERENCE_EXPLANATIONS.filter(({ text }) => text !== 'joined')

describe('logitscope why --json', { timeout: LOADING_LIMIT_MS }, () => {
  it.each(SHORT_CASES.map((reference) => [nameOf(reference), reference] as const))(
    'has the reference’s numbers for %s',
    async (_, reference) => {
      const { total, parts } = await why(argsOf(reference))

      const { attribution } = reference
      expectClose(total, attribution.total, 1e-3)
      expect(parts.map(({ kind }) => kind)).toEqual([
        'wte',
        'wpe',
        ...attribution.blocks.flatMap(() => ['attn', 'mlp']),
        'ln_f',
      ])
      for (const part of parts) {
        if (part.kind !== 'attn') continue
        const block = elementAt(attribution.blocks, part.layer)
        expectClose(part.value, block.attention, 5e-4)
        expectClose(part.bias, block.bias, 5e-4)
        for (const [head, sources] of block.sources.entries())
          for (const [row, source] of sources.entries())
            expectClose(part.heads[head]?.sources[row], source, 5e-4)
      }
    },
  )

  it('has parts that add up, down to the source tokens', async () => {
    const { total, parts } = await why([...CAT, '--at', '4'])
    expectClose(sum(parts.map(({ value }) => value)), total, 1e-3)
    for (const part of parts) {
      if (part.kind !== 'attn') continue
      expectClose(part.bias + sum(part.heads.map(({ value }) => value)), part.value, 1e-3)
      for (const { value, sources } of part.heads) expectClose(sum(sources), value, 1e-3)
    }
  })

  it('describes the model, the row, the token and the context curve', async () => {
    const report = await why([...CAT, '--at', '2', '--context', 'Once', '--against', ' ran away'])
    expect(Object.keys(report)).toEqual([
      'model',
      'backend',
      'precision',
      'remarks',
      'bos',
      'contextTokens',
      'position',
      'logitsRow',
      'token',
      'against',
      'total',
      'parts',
      'contextCurve',
    ])
    expect(report).toMatchObject({
      contextTokens: 1,
      position: 2,
      logitsRow: 3,
      token: { tokenId: 3332, text: ' sat' },
      against: { text: ' ran' },
    })
    expect(report.contextCurve.map(({ tokens }) => tokens)).toEqual([1, 2, 3])
  })

  it('explains the most likely token for next, in contrast with the second one', async () => {
    const { position, token, against } = await why([...CAT, '--at', 'next'])
    const { stdout } = await run(['inspect', ...CAT, '--json'], REAL)
    const { next } = JSON.parse(stdout) as { next: { top: { tokenId: number }[] } }
    expect(position).toBe('next')
    expect([token, against]).toMatchObject([
      { tokenId: next.top[0]?.tokenId },
      { tokenId: next.top[1]?.tokenId },
    ])
  })

  it.each([
    ['mean', 'mean'],
    ['none', null],
  ])('says what the token is contrasted with: %s', async (against, reported) => {
    expect((await why([...CAT, '--at', '1', '--against', against])).against).toBe(reported)
  })
})

describe('The text of logitscope why', { timeout: LOADING_LIMIT_MS }, () => {
  it('lists the parts with bars, the strongest first, and then the sum', async () => {
    const { stdout } = await run(['why', ...CAT, '--at', '3'], REAL)
    const report = await why([...CAT, '--at', '3'])
    const bars = stdout.split('\n').slice(4, 4 + report.parts.length)
    const values = bars.map((line) => Math.abs(Number(/[+−]([\d.]+)/.exec(line)?.[1])))
    expect(values).toEqual([...values].sort((a, b) => b - a))
    expect(bars[0]).toMatch(/^ {2}(L\d (MLP|attn)|wte|wpe|ln_f bias) +[+−][\d.]+ {2}[█░]{40}$/)
    expect(stdout).toContain(
      `\n  sum        ${report.total < 0 ? '−' : '+'}${Math.abs(report.total).toFixed(3)}\n`,
    )
  })

  it('has the context curve in tokens, nats and probability', async () => {
    const { stdout } = await run(['why', ...CAT, '--at', '3'], REAL)
    const { contextCurve } = await why([...CAT, '--at', '3'])
    const [, curve = ''] = stdout.split('with only the last tokens before it:\n')
    expect(
      curve
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/).slice(0, 2)),
    ).toEqual(
      contextCurve.map(({ tokens, logProb }) => [
        tokens === 1 ? '1 token' : `${tokens} tokens`,
        `${logProb.toFixed(3).replace('-', '−')} nats`,
      ]),
    )
  })

  it.each([
    [
      ['--at', '2', '--against', ' ran'],
      'Why ·sat and not ·ran: difference of their logits at position 2, after 2 tokens (row 2 of the logits): ',
    ],
    [
      ['--at', 'next', '--token', ' mat', '--against', 'mean'],
      'The logit of ·mat above the mean of all tokens as the next token, after 5 tokens (row 5 of the logits): ',
    ],
    [
      ['--at', '1', '--against', 'none'],
      'The logit of ·cat at position 1, after 1 token (row 1 of the logits): ',
    ],
  ])('says what %j asks', async (args, question) => {
    const { stdout } = await run(['why', ...CAT, ...args], REAL)
    expect(stdout.split('\n')[1]).toContain(question)
  })
})

describe('logitscope why ends with 2 and one line', { timeout: LOADING_LIMIT_MS }, () => {
  it.each([
    [
      'a position that the text does not have',
      ['--at', '5'],
      'Position 5 does not exist: the text has 5 tokens',
    ],
    ['a token that nothing precedes', ['--at', '0', '--no-bos'], 'Nothing precedes the first token'],
    [
      'a token id outside of the vocabulary',
      ['--at', '1', '--token-id', '50257'],
      'from 0 to 50256, not 50257',
    ],
    [
      'a token in contrast with itself',
      ['--at', '1', '--against', ' cat'],
      'cannot be contrasted with itself',
    ],
    ['int8', ['--at', '1', '--precision', 'int8'], 'give --precision fp32'],
  ])('for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(['why', ...CAT, ...args], REAL)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^logitscope: .+\n$/)
    expect(stderr).toContain(message)
  })
})

describe('logitscope why --jsonl', { timeout: LOADING_LIMIT_MS }, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'logitscope-why-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
  })

  it('answers each line as a single command does, in order', async () => {
    const lines = [
      '{"text":"The cat sat","at":2,"against":" ran"}',
      '{"text":"sat","context":"The cat ","at":"next"}',
    ]

    const { code, stdout, stderr } = await run(['why', '--jsonl', '-'], { ...REAL, input: lines.join('\n') })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [first, second, end] = stdout.split('\n')
    expect(JSON.parse(first ?? '')).toEqual(
      await why(['--text', 'The cat sat', '--at', '2', '--against', ' ran']),
    )
    expect(JSON.parse(second ?? '')).toEqual(
      await why(['--text', 'sat', '--context', 'The cat ', '--at', 'next']),
    )
    expect(end).toBe('')
  })

  it('answers a line that is wrong with its error, continues, and ends with 2', async () => {
    const file = join(folder, 'requests.jsonl')
    await writeFile(file, '{"text":"The cat","at":7}\nnot JSON\n\n{"text":"The cat","at":1}\n')

    const { code, stdout, stderr } = await run(['why', '--jsonl', file], REAL)

    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(answers.map(({ error }) => error)).toEqual([
      'Position 7 does not exist: the text has 2 tokens, so the positions are 0 to 1 and next.',
      'the line is not JSON in UTF-8',
      'the line is not JSON in UTF-8',
      undefined,
    ])
    expect(answers[3]).toMatchObject({ position: 1, token: { text: ' cat' } })
  })

  it('writes no control character of a request to the terminal', async () => {
    const { stdout } = await run(['why', '--jsonl', '-'], {
      ...REAL,
      input: '{"text":"a","at":0,"\u009b31m":1}',
    })
    expect(stdout).toContain('\\u009b31m')
  })

  it('ends with 2 and one line if the file does not exist', async () => {
    expect(await run(['why', '--jsonl', join(folder, 'none.jsonl')])).toEqual({
      code: 2,
      stdout: '',
      stderr: `logitscope: cannot read ${join(folder, 'none.jsonl')}: the file does not exist\n`,
    })
  })

  it('ends with 1 if the engine fails', async () => {
    const { code, stdout, stderr } = await run(['why', '--jsonl', '-'], {
      input: '{"text":"The cat","at":1}',
    })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe('logitscope: this engine has no layers\n')
  })
})

function argsOf({ text, startToken, token, tokenId, contrast }: ReferenceExplanation): string[] {
  const { text: given, tokenIds } = referenceText(text)
  const at = token === tokenIds.length ? 'next' : String(token)
  return [
    ...['--text', given, '--at', at, '--token-id', String(tokenId)],
    ...(typeof contrast === 'number'
      ? ['--against-id', String(contrast)]
      : ['--against', contrast === 'mean' ? 'mean' : 'none']),
    ...(startToken ? [] : ['--no-bos']),
  ]
}

async function why(args: readonly string[]): Promise<WhyReport> {
  const { code, stdout, stderr } = await run(['why', ...args, '--json'], REAL)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as WhyReport
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function expectClose(actual: number | undefined, expected: number, tolerance: number): void {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(tolerance)
}
