import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/cli/base/commandLine'
import { readText } from '../../../src/cli/base/textSource'
import { createEngine } from '../../../src/engine/client/engineHandle'
import { InferenceError } from '../../../src/shared/errors'
import { safetensors } from '../../support/checkpoints/checkpointBytes'
import { storedAs, temporaryFolder, TINY_CONFIG, tinyTensors } from '../../support/checkpoints/checkpointTiny'
import { FROM_FOLDER, run, type RunOptions } from '../../support/cli/runInProcess'
import { InThreadWorker } from '../../support/engine/inThreadWorker'
import { hashEngine } from '../../support/fakes/hashEngine'

const TEXT = ['inspect', '--text', 'the']
const CONFIG = JSON.stringify(TINY_CONFIG)

/** An engine whose model fails to load with an error, in a thread as the product has it. */
function failingWith(error: Error): RunOptions {
  const worker = () => new InThreadWorker({ ...hashEngine(), model: () => Promise.reject(error) })
  return { createEngine: () => createEngine(worker) }
}

/** An engine whose thread ends while it loads the model. */
function endingWith(reason: Error): RunOptions {
  const start = () => {
    const worker = new InThreadWorker({
      ...hashEngine(),
      model: () => {
        worker.crash(reason)
        return new Promise(() => undefined)
      },
    })
    return worker
  }
  return { createEngine: () => createEngine(start) }
}

describe('A failure of the program', () => {
  it('ends with 1 and the reason where VS Code would show the log', async () => {
    const error = new InferenceError('The model could not be loaded. The log has the reason.', {
      cause: new RangeError('offset is out of bounds'),
    })
    expect(await run(TEXT, failingWith(error))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'logitscope: the inference runtime failed: RangeError: offset is out of bounds\n',
    })
  })

  it('ends with 1 and the reason, and names no button, if the thread ended', async () => {
    expect(await run(TEXT, endingWith(new Error('the engine’s thread ended with code 134')))).toEqual({
      code: 1,
      stdout: '',
      stderr: 'logitscope: the engine ended unexpectedly: the engine’s thread ended with code 134\n',
    })
  })
})

describe('A model that cannot be used', () => {
  it.each<[string, Record<string, string | Uint8Array>, RegExp]>([
    ['a damaged config.json', { 'config.json': '{', 'model.safetensors': '' }, /config\.json is not JSON/],
    [
      'damaged weights',
      { 'config.json': CONFIG, 'model.safetensors': 'x' },
      /model\.safetensors cannot be read/,
    ],
    [
      'missing tensors',
      { 'config.json': CONFIG, 'model.safetensors': safetensors(new Map()) },
      /lacks wte\.weight/,
    ],
    [
      'tensors of another size',
      {
        'config.json': JSON.stringify({ ...TINY_CONFIG, n_positions: 17 }),
        'model.safetensors': safetensors(storedAs('F32', tinyTensors())),
      },
      /wpe\.weight has the shape/,
    ],
  ])('because of %s ends with 2', async (_, files, message) => {
    const folder = await temporaryFolder(files)
    const { code, stderr } = await run([...TEXT, '--model', folder], FROM_FOLDER)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('A text', () => {
  const NO_INPUT = Readable.from([])

  it('in a file of more than 512 MB is refused by its size before it is read', async () => {
    const folder = await temporaryFolder({ 'large.txt': '' })
    const path = join(folder, 'large.txt')
    await truncate(path, 600e6)
    expect(await run(['inspect', path])).toEqual({
      code: 2,
      stdout: '',
      stderr: `logitscope: ${path} has more than 512 MB, the most that can be inspected\n`,
    })
  })

  it('is read if it has exactly as many bytes as are allowed', async () => {
    const folder = await temporaryFolder({ text: 'abcd' })
    expect(await readText({ kind: 'file', path: join(folder, 'text') }, NO_INPUT, 4)).toBe('abcd')
  })

  it.skipIf(process.platform === 'win32')('from a device without end is refused', async () => {
    const reading = readText({ kind: 'file', path: '/dev/zero' }, NO_INPUT, 5e6)
    await expect(reading).rejects.toThrow(UsageError)
    await expect(reading).rejects.toThrow('/dev/zero has more than 5 MB')
  })

  it('from a standard input without end is refused, and the input is closed', async () => {
    const endless = new Readable({ read: () => endless.push(Buffer.alloc(64_000)) })
    await expect(readText({ kind: 'stdin' }, endless, 5e6)).rejects.toThrow(
      'the standard input has more than 5 MB',
    )
    expect(endless.destroyed).toBe(true)
  })
})

describe('The JSON', () => {
  it('has no character that controls a terminal', async () => {
    const { code, stdout } = await run([...TEXT.slice(0, 2), 'a\u007fb\u009bc', '--json'])
    expect(code).toBe(0)
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    const { positions } = JSON.parse(stdout) as { readonly positions: readonly { readonly text: string }[] }
    expect(positions.map(({ text }) => text)).toContain('\u007f')
  })
})
