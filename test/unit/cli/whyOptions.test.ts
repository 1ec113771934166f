import { describe, expect, it } from 'vitest'
import { whyOptionsOf } from '../../../src/cli/commands/why'
import { parseWhyLine } from '../../../src/cli/commands/whyLines'
import { usageErrorOf } from '../../support/cli/usageErrorOf'

describe('The options of logitscope why', () => {
  it('ask for the token that stands there, contrasted with the most likely other one by default', () => {
    expect(whyOptionsOf(['main.py', '--at', '3'])).toMatchObject({
      kind: 'one',
      input: { kind: 'file', path: 'main.py' },
      question: { at: 3, token: undefined, contrast: undefined },
      json: false,
    })
  })

  it.each([
    ['--at=next', { at: 'next' }],
    ['--at=0 --token=·cat', { token: { text: ' cat' } }],
    ['--at=0 --token-id=0', { token: { tokenId: 0 } }],
    ['--at=0 --against=·dog', { contrast: { text: ' dog' } }],
    ['--at=0 --against-id=50256', { contrast: { tokenId: 50256 } }],
    ['--at=0 --against=mean', { contrast: 'mean' }],
    ['--at=0 --against=none', { contrast: null }],
  ])('%s means %j', (args, question) => {
    const given = args.split(' ').map((arg) => arg.replace('·', ' '))
    expect(whyOptionsOf(['--text=a', ...given])).toMatchObject({ question })
  })

  it.each([
    ['-', { kind: 'stdin' }],
    ['requests.jsonl', { kind: 'file', path: 'requests.jsonl' }],
  ])('--jsonl %s reads requests', (source, lines) => {
    expect(whyOptionsOf(['--jsonl', source])).toMatchObject({ kind: 'many', lines })
  })

  it.each([
    ['a missing position', ['a'], '--at'],
    ['a position that is not whole', ['a', '--at=1.5'], '--at'],
    ['a missing text', ['--at=1'], 'FILE'],
    ['a token by text and id', ['a', '--at=1', '--token=b', '--token-id=2'], '--token'],
    ['an empty token', ['a', '--at=1', '--token='], '--token'],
    ['a token id that is not a number', ['a', '--at=1', '--token-id=b'], '--token-id'],
    ['two of what it is contrasted with', ['a', '--at=1', '--against=mean', '--against-id=2'], '--against'],
    ['int8', ['a', '--at=1', '--precision=int8'], '--precision fp32'],
    ['a model whose default is int8', ['a', '--at=1', '--model=gpt2-xl'], '--precision fp32'],
    ['a file beside --jsonl', ['a', '--jsonl=-'], 'leave out a'],
    ['a position beside --jsonl', ['--at=1', '--jsonl=-'], 'leave out --at'],
  ])('reject %s with a message of one line', (_, args, part) => {
    const message = usageErrorOf(() => whyOptionsOf(args))
    expect(message).not.toContain('\n')
    expect(message).toContain(part)
  })
})

describe('A line of why --jsonl', () => {
  const parse = (line: string) => parseWhyLine(new TextEncoder().encode(line))

  it.each([
    ['{"text":"a b","at":1}', { text: 'a b', question: { at: 1 } }],
    ['{"text":"a","context":"b","at":"next"}\r', { context: 'b', question: { at: 'next' } }],
    [
      '{"text":"a","at":0,"token":" b","against":"mean"}',
      { question: { token: { text: ' b' }, contrast: 'mean' } },
    ],
    [
      '{"text":"a","at":0,"tokenId":5,"against":"none"}',
      { question: { token: { tokenId: 5 }, contrast: null } },
    ],
    ['{"text":"a","at":0,"against":null}', { question: { contrast: null } }],
    ['{"text":"a","at":0,"againstId":7}', { question: { contrast: { tokenId: 7 } } }],
  ])('may be %s', (line, request) => {
    expect(parse(line)).toMatchObject(request)
  })

  it.each([
    ['', 'the line is not JSON in UTF-8'],
    ['{"text":', 'the line is not JSON in UTF-8'],
    ['[1]', 'the line is not a JSON object'],
    ['{"at":0}', 'a request needs “text”, a string'],
    ['{"text":"a"}', 'a request needs “at”'],
    ['{"text":"a","at":"first"}', 'a request needs “at”'],
    ['{"text":"a","at":0,"context":1}', '“context” is a string'],
    ['{"text":"a","at":0,"tokens":"b"}', 'a request has no “tokens”'],
    ['{"text":"a","at":0,"token":"b","tokenId":1}', 'give “token” or “tokenId”, not both'],
    ['{"text":"a","at":0,"token":1}', '“token” is a string'],
    ['{"text":"a","at":0,"againstId":"1"}', '“againstId” is a number'],
  ])('is rejected if it is %s', (line, message) => {
    expect(usageErrorOf(() => parse(line))).toContain(message)
  })

  it('is rejected if it is not UTF-8', () => {
    expect(usageErrorOf(() => parseWhyLine(Uint8Array.of(0x22, 0xff, 0x22)))).toContain('UTF-8')
  })
})
