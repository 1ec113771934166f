import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ModelStore } from '../../../../../src/model/store/disk/modelStore'
import {
  CancelledError,
  DiskSpaceError,
  HubConnectionError,
  HubRefusalError,
  ModelConfigError,
  PinnedFileError,
} from '../../../../../src/shared/errors'
import {
  type Answer,
  answerWell,
  answerWithoutRange,
  answerWithStatus,
  begin,
  cutAfter,
  ETAG,
  MODEL,
  FakeHub,
  stallAfter,
  WEIGHTS,
} from '../../../../support/fakes/fakeHub'
import { filesIn, storeAndHub, watched } from '../../../../support/fakes/fakeStore'

const INSTALLED = ['gpt2/config.json', 'gpt2/model.safetensors', 'gpt2/source.json']
const PART = '.gpt2.download/model.safetensors'
const OTHER_WEIGHTS = Buffer.from(WEIGHTS).fill(7, 30_000, 30_001)

/** Installs, whatever comes of it: what the user is told, what is on the disk, what the hub was asked for. */
async function installWith(answers: Answer[], otherwise: Answer = answerWell) {
  const { store, folder, server, hub } = await storeAndHub()
  Object.assign(server, { answers, otherwise })
  const options = watched()
  const error = await store.install(MODEL, hub, options).then(
    () => undefined,
    (error: unknown) => error as Error,
  )
  const files = await filesIn(folder)
  return {
    error,
    message: error?.message,
    files,
    names: Object.keys(files).sort(),
    asked: server.requests.filter((name) => name !== 'config.json'),
    said: options.said,
    state: await store.stateOf(MODEL),
  }
}

describe('A download', () => {
  it('installs the weights, the configuration and a note of what they are, and nothing else', async () => {
    const { error, names, files, state } = await installWith([])
    expect(error).toBeUndefined()
    expect(names).toEqual(INSTALLED)
    expect(files['gpt2/model.safetensors'].equals(WEIGHTS)).toBe(true)
    expect(state).toEqual({ kind: 'installed' })
  })

  it('says how far it has come', async () => {
    const { said } = await installWith([])
    expect(said.at(-1)).toEqual({ kind: 'downloading', bytes: WEIGHTS.length })
  })

  it('goes on where the connection was cut', async () => {
    const { error, asked, said, names } = await installWith([cutAfter(10_000), cutAfter(20_000)])
    expect(error).toBeUndefined()
    expect(asked).toEqual([
      'model.safetensors',
      'model.safetensors from 10000',
      'model.safetensors from 30000',
    ])
    expect(said.filter(({ kind }) => kind === 'pausing')).toHaveLength(2)
    expect(names).toEqual(INSTALLED)
  })

  it('goes on where the hub came to a standstill', async () => {
    const { error, asked } = await installWith([stallAfter(10_000)])
    expect([error, asked.at(-1)]).toEqual([undefined, 'model.safetensors from 10000'])
  })

  it('asks again where the hub does not answer at all', async () => {
    const { error, asked } = await installWith([() => undefined])
    expect([error, asked.length]).toEqual([undefined, 2])
  })

  it('gives up on a hub that drips, and keeps what has come', async () => {
    const drip: Answer = (asked) => {
      const body = begin(asked)
      let sent = 0
      const drops = setInterval(() => asked.response.write(body.subarray(sent, ++sent)), 10)
      asked.response.once('close', () => {
        clearInterval(drops)
      })
    }
    const { error, message, names, state } = await installWith([], drip)
    expect(error).toBeInstanceOf(HubConnectionError)
    expect(message).toMatch(/^No connection to the hub; 0 of 66 kB are kept$/)
    expect(names).toContain(PART)
    expect(state.kind).toBe('partial')
  })

  it('gives up where nobody listens, and says that nothing has come', async () => {
    const { store, folder, hub } = await storeAndHub()
    const gone = await FakeHub.start()
    const { endpoint } = gone
    await gone.close()
    const installing = store.install(MODEL, { ...hub, endpoint }, watched())
    await expect(installing).rejects.toThrow(
      new HubConnectionError('No connection to the hub; nothing has come yet'),
    )
    expect(Object.keys(await filesIn(folder))).toEqual([PART])
  })

  it('gives up after a few cuts that bring nothing, and goes on from what is kept when it is asked for again', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    server.answers = [cutAfter(30_000)]
    server.otherwise = cutAfter(0)
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(
      new HubConnectionError('No connection to the hub; 30 of 66 kB are kept'),
    )
    expect((await filesIn(folder))[PART].equals(WEIGHTS.subarray(0, 30_000))).toBe(true)

    server.otherwise = answerWell
    await store.install(MODEL, hub, watched())
    expect(server.requests.at(-1)).toBe('model.safetensors from 30000')
    expect(Object.keys(await filesIn(folder)).sort()).toEqual(INSTALLED)
  })

  it.each([408, 429, 500, 502, 503])('asks again after HTTP %i', async (status) => {
    const { error, asked } = await installWith([answerWithStatus(status)])
    expect([error, asked.length]).toEqual([undefined, 2])
  })

  it('waits for as long as the hub asks to be left alone', async () => {
    const { said } = await installWith([answerWithStatus(429, { 'retry-after': '1' })])
    expect(said).toContainEqual({ kind: 'pausing', reason: 'the hub is busy (HTTP 429)', delayMs: 1000 })
  })

  it('does not wait for hours', async () => {
    const { error, message, asked } = await installWith([answerWithStatus(429, { 'retry-after': '7200' })])
    expect(error).toBeInstanceOf(HubConnectionError)
    expect(message).toBe('The hub is busy (HTTP 429); nothing has come yet')
    expect(asked).toHaveLength(1)
  })

  it('keeps what has come where the hub stays busy', async () => {
    const { message, files } = await installWith([cutAfter(30_000)], answerWithStatus(503))
    expect(message).toBe('The hub is busy (HTTP 503); 30 of 66 kB are kept')
    expect(files[PART]).toHaveLength(30_000)
  })

  it.each([
    [401, /only to those it knows \(HTTP 401\)/],
    [403, /only to those it knows \(HTTP 403\)/],
    [404, /no model\.safetensors at this address of the hub/],
    [410, /does not give model\.safetensors \(HTTP 410\)/],
  ])('takes HTTP %i as a no', async (status, words) => {
    const { error, message, asked } = await installWith([answerWithStatus(status)])
    expect(error).toBeInstanceOf(HubRefusalError)
    expect(message).toMatch(words)
    expect(asked).toHaveLength(1)
  })

  it('deletes bytes that are not the pinned ones, and says so', async () => {
    const { error, message, names, state } = await installWith([], (asked) =>
      asked.response.end(begin(asked, ETAG, OTHER_WEIGHTS)),
    )
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(message).toBe('model.safetensors is not the pinned file and was deleted')
    expect([names, state]).toEqual([[], { kind: 'absent' }])
  })

  it.each([
    ['shorter', WEIGHTS.subarray(0, 1000)],
    ['longer', Buffer.concat([WEIGHTS, WEIGHTS])],
  ])('refuses a file that is %s before it reads it', async (_, weights) => {
    const { error, message, names } = await installWith([], (asked) =>
      asked.response.end(begin(asked, ETAG, weights)),
    )
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(message).toMatch(/^The hub’s model\.safetensors is not the pinned file: it has .*, not 66 kB\.$/)
    expect(names).toEqual(['.gpt2.download/config.json', PART])
  })

  it('stops where more bytes come than the pinned file has, and keeps none', async () => {
    const { error, files } = await installWith([], ({ response }) => {
      response.write(WEIGHTS)
      response.end('!')
    })
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(files[PART]).toHaveLength(0)
  })

  it('goes on where an answer without a length ends early', async () => {
    const { error, asked } = await installWith([
      ({ response }) => {
        response.write(WEIGHTS.subarray(0, 20_000))
        response.end()
      },
    ])
    expect([error, asked.at(-1)]).toEqual([undefined, 'model.safetensors from 20000'])
  })

  it('begins anew where the hub does not have the rest', async () => {
    const { error, asked, names } = await installWith([cutAfter(30_000), answerWithStatus(416)])
    expect(error).toBeUndefined()
    expect(asked.slice(1)).toEqual(['model.safetensors from 30000', 'model.safetensors'])
    expect(names).toEqual(INSTALLED)
  })

  it('begins anew where the hub cannot begin in the middle', async () => {
    const { error, names, asked } = await installWith([cutAfter(30_000), answerWithoutRange])
    expect([error, names, asked.length]).toEqual([undefined, INSTALLED, 2])
  })

  it('gives up on a hub that cannot begin in the middle and breaks off every time', async () => {
    let bytes = 0
    const { error, asked } = await installWith([], ({ response }) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length })
      response.write(WEIGHTS.subarray(0, (bytes += 10_000)), () => response.destroy())
    })
    expect(error).toBeInstanceOf(HubRefusalError)
    expect(asked).toHaveLength(5)
  })

  it('does not go on with the part of another revision', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    server.answers = [cutAfter(30_000)]
    server.otherwise = cutAfter(0)
    await store.install(MODEL, hub, watched()).catch(() => undefined)
    const note = join(folder, '.gpt2.download', 'source.json')
    await writeFile(note, (await readFile(note, 'utf8')).replace(MODEL.revision, 'f'.repeat(40)))

    server.otherwise = answerWell
    await store.install(MODEL, hub, watched())
    expect(server.requests.at(-1)).toBe('model.safetensors')
  })

  it('begins anew where the file changes in between, told by If-Range', async () => {
    const before = Buffer.alloc(WEIGHTS.length, 1)
    const { error, files, asked } = await installWith([
      (asked) => {
        asked.response.write(begin(asked, '"another"', before).subarray(0, 30_000), () =>
          asked.response.destroy(),
        )
      },
    ])
    expect(error).toBeUndefined()
    expect(asked).toEqual(['model.safetensors', 'model.safetensors from 30000'])
    expect(files['gpt2/model.safetensors'].equals(WEIGHTS)).toBe(true)
  })

  it('begins anew where the file changes in between and the hub does not heed If-Range', async () => {
    const { error, files, asked } = await installWith([
      cutAfter(30_000),
      ({ response, from = 0 }) => {
        const range = `bytes ${from}-${WEIGHTS.length - 1}/${WEIGHTS.length}`
        response
          .writeHead(206, { etag: '"another"', 'content-range': range })
          .end(OTHER_WEIGHTS.subarray(from))
      },
    ])
    expect(error).toBeUndefined()
    expect(asked.at(-1)).toBe('model.safetensors')
    expect(files['gpt2/model.safetensors'].equals(WEIGHTS)).toBe(true)
  })

  it('does not join a part that it has not asked for', async () => {
    const { error, files } = await installWith([
      cutAfter(30_000),
      ({ response }) => {
        const range = `bytes 10000-${WEIGHTS.length - 1}/${WEIGHTS.length}`
        response.writeHead(206, { 'content-range': range }).end(WEIGHTS.subarray(10_000))
      },
    ])
    expect(error).toBeUndefined()
    expect(files['gpt2/model.safetensors'].equals(WEIGHTS)).toBe(true)
  })

  it('keeps what has come when it is cancelled, and is over at once', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    server.otherwise = stallAfter(30_000)
    const cancel = new AbortController()
    const options = {
      ...watched(cancel.signal),
      onProgress: ({ kind }: { kind: string }) => {
        if (kind === 'downloading') cancel.abort()
      },
    }
    await expect(store.install(MODEL, hub, options)).rejects.toThrow(CancelledError)
    expect((await filesIn(folder))[PART].length).toBeGreaterThan(0)
    expect(Object.keys(await filesIn(folder)).some((name) => name.includes('lock'))).toBe(false)
  })

  it('ends a pause when it is cancelled', async () => {
    const { store, server, hub } = await storeAndHub()
    server.otherwise = answerWithStatus(429, { 'retry-after': '60' })
    const cancel = new AbortController()
    const patient = { ...hub, limits: { ...hub.limits, longestDelayMs: 1e6 } }
    const installing = store.install(MODEL, patient, {
      signal: cancel.signal,
      onProgress: ({ kind }) => {
        if (kind === 'pausing') cancel.abort()
      },
    })
    await expect(installing).rejects.toThrow(CancelledError)
  })

  it('does not begin where the disk has no room', async () => {
    const { store, server, hub } = await storeAndHub({ freeBytes: () => Promise.resolve(1e6) })
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(DiskSpaceError)
    expect(server.requests).toEqual([])
  })

  it('does not count the bytes that are there already when it looks for room', async () => {
    const { store, server, hub } = await storeAndHub({
      freeBytes: () => Promise.resolve(100e6 + WEIGHTS.length - 30_000),
    })
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(DiskSpaceError)
    expect(server.requests).toEqual([])
  })

  it.each([
    ['of another model', JSON.stringify({ model_type: 'gpt2', n_layer: 3, n_head: 2, n_embd: 8 })],
    ['that is none', '<html>'],
  ])('refuses a config.json %s', async (_, config) => {
    const { store, server, hub, folder } = await storeAndHub()
    server.config = ({ response }) => response.end(config)
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(ModelConfigError)
    expect(Object.keys(await filesIn(folder))).toEqual([PART])
  })

  it('refuses a config.json without end', async () => {
    const { store, server, hub } = await storeAndHub()
    server.config = ({ response }) => response.end(Buffer.alloc(100_000, ' '))
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(HubRefusalError)
  })
})

describe('What is installed', () => {
  it('is not downloaded again', async () => {
    const { store, server, hub } = await storeAndHub()
    await store.install(MODEL, hub, watched())
    const asked = server.requests.length
    await store.install(MODEL, hub, watched())
    expect(server.requests).toHaveLength(asked)
  })

  it('stays where the download of what should take its place fails', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    await store.install(MODEL, hub, watched())
    const before = await filesIn(folder)
    const newer = { ...MODEL, revision: 'f'.repeat(40) }
    server.otherwise = cutAfter(10)
    await expect(store.install(newer, hub, watched())).rejects.toThrow(HubRefusalError)
    expect(await filesIn(folder)).toMatchObject(before)
  })
})

describe('Two windows', () => {
  it('that want the same model at once download it once', async () => {
    const { store, folder, server, hub } = await storeAndHub()
    const other = new ModelStore({ folder, models: [MODEL] })
    const first = watched()
    const second = watched()
    await Promise.all([store.install(MODEL, hub, first), other.install(MODEL, hub, second)])
    expect(server.requests).toEqual(['config.json', 'model.safetensors'])
    const said = [...first.said, ...second.said].map(({ kind }) => kind)
    expect(said).toContain('waiting')
    expect(Object.keys(await filesIn(folder)).sort()).toEqual(INSTALLED)
  })

  it('go on with each other’s download where one gives up', async () => {
    const { store, folder, server, hub } = await storeAndHub()
    const other = new ModelStore({ folder, models: [MODEL] })
    const cancel = new AbortController()
    server.answers = [stallAfter(30_000)]
    const first = store.install(MODEL, hub, watched(cancel.signal)).catch((error: unknown) => error)
    await expect.poll(() => server.requests).toContain('model.safetensors')
    const second = other.install(MODEL, hub, {
      ...watched(),
      onProgress: (progress) => {
        if (progress.kind === 'waiting' && progress.bytes === 30_000) cancel.abort()
      },
    })
    await second
    expect(await first).toBeInstanceOf(CancelledError)
    expect(server.requests.at(-1)).toBe('model.safetensors from 30000')
  })
})
