import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/cli/base/commandLine'
import { type InspectOptions, inspectOptionsOf } from '../../../src/cli/commands/inspect'
import { usageErrorOf } from '../../support/cli/usageErrorOf'

function options(...args: string[]): InspectOptions {
  return inspectOptionsOf(args)
}

describe('The options of logitscope inspect', () => {
  it('has defaults for everything except the text', () => {
    expect(options('main.py')).toEqual({
      input: { kind: 'file', path: 'main.py' },
      context: { kind: 'given', text: '' },
      model: 'mini',
      precision: undefined,
      backend: 'auto',
      topK: 10,
      startToken: true,
      temperature: 1,
      threads: undefined,
      json: false,
    })
  })

  it('parses every option', () => {
    const given =
      '--text=a --context=b --model=./m --precision=int8 --backend=native --top-k=5 --no-bos --temperature=.5 --threads=2 --json'
    expect(options(...given.split(' '))).toEqual({
      input: { kind: 'given', text: 'a' },
      context: { kind: 'given', text: 'b' },
      model: './m',
      precision: 'int8',
      backend: 'native',
      topK: 5,
      startToken: false,
      temperature: 0.5,
      threads: 2,
      json: true,
    })
  })

  it('accepts only auto, native, webgpu and wasm as backend', () => {
    expect(() => options('a', '--backend', 'cuda')).toThrow(
      new UsageError('--backend takes auto, native, webgpu or wasm, not “cuda”'),
    )
  })

  it('accepts only fp32 and int8 as precision', () => {
    expect(() => options('a', '--precision', 'fp16')).toThrow(
      new UsageError('--precision takes fp32 or int8, not “fp16”'),
    )
  })

  it('accepts the lowest temperature that is computed', () => {
    expect(options('a', '--temperature', '1e-30').temperature).toBe(1e-30)
  })

  it('accepts an empty text', () => {
    expect(options('--text', '').input).toEqual({ kind: 'given', text: '' })
  })

  it('reads the standard input for -', () => {
    expect(options('-').input).toEqual({ kind: 'stdin' })
  })

  it('reads a context from @FILE', () => {
    expect(options('a', '--context', '@before.txt').context).toEqual({ kind: 'file', path: 'before.txt' })
  })

  it.each([
    ['a missing text', []],
    ['a FILE and --text', ['a', '--text', 'b']],
    ['two FILEs', ['a', 'b']],
    ['an unknown option', ['a', '--bos']],
    ['an option without its value', ['a', '--text']],
    ['a top-k of 0', ['a', '--top-k', '0']],
    ['a top-k of 101', ['a', '--top-k', '101']],
    ['a top-k that is not whole', ['a', '--top-k', '1.5']],
    ['an empty top-k', ['a', '--top-k', '']],
    ['a temperature of 0', ['a', '--temperature', '0']],
    ['a temperature that float32 cannot divide by', ['a', '--temperature', '1e-300']],
    ['a temperature above 100', ['a', '--temperature', '100.5']],
    ['a temperature that is not a number', ['a', '--temperature', 'warm']],
    ['a negative temperature', ['a', '--temperature=-1']],
    ['0 threads', ['a', '--threads', '0']],
  ])('rejects %s with a message of one line', (_, args) => {
    expect(usageErrorOf(() => inspectOptionsOf(args))).not.toContain('\n')
  })
})
