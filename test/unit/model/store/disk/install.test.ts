import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
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
import { filesIn, storeAndHub, TEST_LIMITS, useFakeClock, watched } from '../../../../support/fakes/fakeStore'

const INSTALLED = ['gpt2/config.json', 'gpt2/model.safetensors', 'gpt2/source.json']
const PART = '.gpt2.download/model.safetensors'
const OTHER_WEIGHTS = Buffer.from(WEIGHTS).fill(7, 30_000, 30_001)

/** Installs the model; returns the error, the progress, the files on the disk and the requests to the hub. */
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
    reported: options.reported,
    hasWeights: files['gpt2/model.safetensors']?.equals(WEIGHTS) ?? false,
    state: await store.stateOf(MODEL),
  }
}

describe('A download', () => {
  it('installs the weights, the configuration and a note about their source, and nothing else', async () => {
    const { error, names, hasWeights, state } = await installWith([])
    expect(error).toBeUndefined()
    expect(names).toEqual(INSTALLED)
    expect(hasWeights).toBe(true)
    expect(state).toEqual({ kind: 'installed' })
  })

  it('reports its progress', async () => {
    const { reported } = await installWith([])
    expect(reported.at(-1)).toEqual({ kind: 'downloading', bytes: WEIGHTS.length })
  })

  it('resumes after the connection was cut', async () => {
    const { error, asked, reported, names } = await installWith([cutAfter(10_000), cutAfter(20_000)])
    expect(error).toBeUndefined()
    expect(asked).toEqual([
      'model.safetensors',
      'model.safetensors from 10000',
      'model.safetensors from 30000',
    ])
    expect(reported.filter(({ kind }) => kind === 'pausing')).toHaveLength(2)
    expect(names).toEqual(INSTALLED)
  })

  it('resumes when the hub stops sending', async () => {
    useFakeClock()
    const { store, server, hub } = await storeAndHub()
    server.answers = [stallAfter(10_000)]
    const { reported, ...options } = watched()
    const installing = store.install(MODEL, hub, options)
    await expect.poll(() => reported.at(-1)).toEqual({ kind: 'downloading', bytes: 10_000 })

    // In the first span 10,000 bytes have arrived, in the second one none.
    vi.advanceTimersByTime(2 * TEST_LIMITS.spanMs)
    await expect.poll(() => reported.at(-1)?.kind).toBe('pausing')
    vi.advanceTimersByTime(TEST_LIMITS.firstDelayMs)
    await installing

    expect(server.requests.at(-1)).toBe('model.safetensors from 10000')
  })

  it('repeats a request that the hub does not answer', async () => {
    useFakeClock()
    const { store, server, hub } = await storeAndHub()
    server.answers = [() => undefined]
    const { reported, ...options } = watched()
    const installing = store.install(MODEL, hub, options)
    await expect.poll(() => server.requests).toContain('model.safetensors')

    vi.advanceTimersByTime(TEST_LIMITS.answerMs)
    await expect.poll(() => reported.at(-1)?.kind).toBe('pausing')
    vi.advanceTimersByTime(TEST_LIMITS.firstDelayMs)
    await installing

    expect(server.requests.filter((name) => name === 'model.safetensors')).toHaveLength(2)
  })

  it('cuts the connection to a hub that sends too slowly, and keeps the bytes received', async () => {
    useFakeClock()
    const { store, server, hub, folder } = await storeAndHub()
    server.otherwise = stallAfter(TEST_LIMITS.spanBytes - 1)
    const { reported, ...options } = watched()
    const installing = store.install(MODEL, { ...hub, limits: { ...TEST_LIMITS, retries: 0 } }, options)
    const failure = expect(installing).rejects.toThrow(
      new HubConnectionError('No connection to the hub; 1 of 66 kB are saved'),
    )
    await expect.poll(() => reported.at(-1)).toEqual({ kind: 'downloading', bytes: 1023 })

    vi.advanceTimersByTime(TEST_LIMITS.spanMs)
    await failure

    expect((await filesIn(folder))[PART]).toHaveLength(1023)
    expect((await store.stateOf(MODEL)).kind).toBe('partial')
  })

  it('fails if no server listens, and says that nothing was downloaded', async () => {
    const { store, folder, hub } = await storeAndHub()
    const gone = await FakeHub.start()
    const { endpoint } = gone
    await gone.close()
    const installing = store.install(MODEL, { ...hub, endpoint }, watched())
    await expect(installing).rejects.toThrow(
      new HubConnectionError('No connection to the hub; nothing was downloaded'),
    )
    expect(Object.keys(await filesIn(folder))).toEqual([PART])
  })

  it('fails after a few attempts without progress, and resumes when it is started again', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    server.answers = [cutAfter(30_000)]
    server.otherwise = cutAfter(0)
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(
      new HubConnectionError('No connection to the hub; 30 of 66 kB are saved'),
    )
    expect((await filesIn(folder))[PART]?.equals(WEIGHTS.subarray(0, 30_000))).toBe(true)

    server.otherwise = answerWell
    await store.install(MODEL, hub, watched())
    expect(server.requests.at(-1)).toBe('model.safetensors from 30000')
    expect(Object.keys(await filesIn(folder)).sort()).toEqual(INSTALLED)
  })

  it.each([408, 429, 500, 502, 503])('repeats the request after HTTP %i', async (status) => {
    const { error, asked } = await installWith([answerWithStatus(status)])
    expect([error, asked.length]).toEqual([undefined, 2])
  })

  it('waits as long as the hub asks in Retry-After', async () => {
    useFakeClock()
    const { store, server, hub } = await storeAndHub()
    server.answers = [answerWithStatus(429, { 'retry-after': '60' })]
    const { reported, ...options } = watched()
    const installing = store.install(MODEL, hub, options)
    const pause = { kind: 'pausing', reason: 'the hub is busy (HTTP 429)', delayMs: 60_000 }
    await expect.poll(() => reported.at(-1)).toEqual(pause)

    vi.advanceTimersByTime(59_999)
    expect(server.requests).toHaveLength(2)
    vi.advanceTimersByTime(1)
    await installing

    expect(server.requests).toEqual(['config.json', 'model.safetensors', 'model.safetensors'])
  })

  it('does not wait for hours', async () => {
    const { error, message, asked } = await installWith([answerWithStatus(429, { 'retry-after': '7200' })])
    expect(error).toBeInstanceOf(HubConnectionError)
    expect(message).toBe('The hub is busy (HTTP 429); nothing was downloaded')
    expect(asked).toHaveLength(1)
  })

  it('keeps the bytes received if the hub stays busy', async () => {
    const { message, files } = await installWith([cutAfter(30_000)], answerWithStatus(503))
    expect(message).toBe('The hub is busy (HTTP 503); 30 of 66 kB are saved')
    expect(files[PART]).toHaveLength(30_000)
  })

  it.each([
    [401, /requires a token for model\.safetensors \(HTTP 401\)/],
    [403, /requires a token for model\.safetensors \(HTTP 403\)/],
    [404, /has no model\.safetensors at this address/],
    [410, /refused model\.safetensors \(HTTP 410\)/],
  ])('does not retry after HTTP %i', async (status, words) => {
    const { error, message, asked } = await installWith([answerWithStatus(status)])
    expect(error).toBeInstanceOf(HubRefusalError)
    expect(message).toMatch(words)
    expect(asked).toHaveLength(1)
  })

  it('deletes bytes that are not the pinned ones, and reports it', async () => {
    const { error, message, names, state } = await installWith([], (asked) =>
      asked.response.end(begin(asked, ETAG, OTHER_WEIGHTS)),
    )
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(message).toBe('model.safetensors is not the pinned file and was deleted')
    expect([names, state]).toEqual([[], { kind: 'absent' }])
  })

  it.each([
    ['shorter', WEIGHTS.subarray(0, 1000), '1,000 bytes instead of 65,536'],
    ['longer', Buffer.concat([WEIGHTS, WEIGHTS]), '131,072 bytes instead of 65,536'],
    ['one byte shorter', WEIGHTS.subarray(1), '65,535 bytes instead of 65,536'],
  ])('refuses a file that is %s without reading it, with both sizes', async (_, weights, sizes) => {
    const { error, message, names } = await installWith([], (asked) =>
      asked.response.end(begin(asked, ETAG, weights)),
    )
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(message).toBe(`The hub’s model.safetensors is not the pinned file: it has ${sizes}.`)
    expect(names).toEqual(['.gpt2.download/config.json', PART])
  })

  it('stops if the hub sends more bytes than the pinned file has, and keeps none', async () => {
    const { error, files } = await installWith([], ({ response }) => {
      response.write(WEIGHTS)
      response.end('!')
    })
    expect(error).toBeInstanceOf(PinnedFileError)
    expect(files[PART]).toHaveLength(0)
  })

  it('resumes after a response without a length that ends early', async () => {
    const { error, asked } = await installWith([
      ({ response }) => {
        response.write(WEIGHTS.subarray(0, 20_000))
        response.end()
      },
    ])
    expect([error, asked.at(-1)]).toEqual([undefined, 'model.safetensors from 20000'])
  })

  it('restarts if the hub does not have the rest of the file', async () => {
    const { error, asked, names } = await installWith([cutAfter(30_000), answerWithStatus(416)])
    expect(error).toBeUndefined()
    expect(asked.slice(1)).toEqual(['model.safetensors from 30000', 'model.safetensors'])
    expect(names).toEqual(INSTALLED)
  })

  it('restarts if the hub does not support ranges', async () => {
    const { error, names, asked } = await installWith([cutAfter(30_000), answerWithoutRange])
    expect([error, names, asked.length]).toEqual([undefined, INSTALLED, 2])
  })

  it('fails if the hub does not support ranges and cuts the connection every time', async () => {
    let bytes = 0
    const { error, asked } = await installWith([], ({ response }) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length })
      response.write(WEIGHTS.subarray(0, (bytes += 10_000)), () => response.destroy())
    })
    expect(error).toBeInstanceOf(HubRefusalError)
    expect(asked).toHaveLength(5)
  })

  it('does not resume from a part of another revision', async () => {
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

  it('restarts if If-Range shows that the file has changed', async () => {
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
    expect(files['gpt2/model.safetensors']?.equals(WEIGHTS)).toBe(true)
  })

  it('restarts if the file has changed and the hub ignores If-Range', async () => {
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
    expect(files['gpt2/model.safetensors']?.equals(WEIGHTS)).toBe(true)
  })

  it('discards a range that it did not request', async () => {
    const { error, files } = await installWith([
      cutAfter(30_000),
      ({ response }) => {
        const range = `bytes 10000-${WEIGHTS.length - 1}/${WEIGHTS.length}`
        response.writeHead(206, { 'content-range': range }).end(WEIGHTS.subarray(10_000))
      },
    ])
    expect(error).toBeUndefined()
    expect(files['gpt2/model.safetensors']?.equals(WEIGHTS)).toBe(true)
  })

  it('stops at once after a cancel, and keeps the bytes received', async () => {
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
    expect((await filesIn(folder))[PART]?.length).toBeGreaterThan(0)
    expect(Object.keys(await filesIn(folder)).some((name) => name.includes('lock'))).toBe(false)
  })

  it('ends a pause after a cancel', async () => {
    const { store, server, hub } = await storeAndHub()
    server.otherwise = answerWithStatus(429, { 'retry-after': '60' })
    const cancel = new AbortController()
    const installing = store.install(MODEL, hub, {
      signal: cancel.signal,
      onProgress: ({ kind }) => {
        if (kind === 'pausing') cancel.abort()
      },
    })
    await expect(installing).rejects.toThrow(CancelledError)
  })

  it('does not start if the disk has too little space', async () => {
    const { store, server, hub } = await storeAndHub({ freeBytes: () => Promise.resolve(1e6) })
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(DiskSpaceError)
    expect(server.requests).toEqual([])
  })

  it('needs space only for the bytes that are missing', async () => {
    let free = Infinity
    const { store, server, hub } = await storeAndHub({ freeBytes: () => Promise.resolve(free) })
    server.answers = [cutAfter(30_000)]
    server.otherwise = cutAfter(0)
    await store.install(MODEL, hub, watched()).catch(() => undefined)
    server.otherwise = answerWell

    free = 100e6 + WEIGHTS.length - 30_001
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(DiskSpaceError)
    free = 100e6 + WEIGHTS.length - 30_000
    await store.install(MODEL, hub, watched())

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
  })

  it.each([
    ['of another model', JSON.stringify({ model_type: 'gpt2', n_layer: 3, n_head: 2, n_embd: 8 })],
    ['that is not JSON', '<html>'],
  ])('refuses a config.json %s', async (_, config) => {
    const { store, server, hub, folder } = await storeAndHub()
    server.config = ({ response }) => response.end(config)
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(ModelConfigError)
    expect(Object.keys(await filesIn(folder))).toEqual([PART])
  })

  it('refuses a config.json that is too long', async () => {
    const { store, server, hub } = await storeAndHub()
    server.config = ({ response }) => response.end(Buffer.alloc(100_000, ' '))
    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(HubRefusalError)
  })
})

describe('An installed model', () => {
  it('is not downloaded again', async () => {
    const { store, server, hub } = await storeAndHub()
    await store.install(MODEL, hub, watched())
    const asked = server.requests.length
    await store.install(MODEL, hub, watched())
    expect(server.requests).toHaveLength(asked)
  })

  it('stays if the download of another revision fails', async () => {
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
  const lockLimits = { beatMs: 20, staleMs: 60_000 }

  it('that install the same model at once download it once', async () => {
    const { store, folder, server, hub } = await storeAndHub({ lockLimits })
    const other = new ModelStore({ folder, models: [MODEL], lockLimits })
    const [first, second] = [watched(), watched()]
    const waiting = () => [...first.reported, ...second.reported].some(({ kind }) => kind === 'waiting')
    server.answers = [
      (asked) =>
        void expect
          .poll(waiting)
          .toBe(true)
          .then(() => answerWell(asked)),
    ]
    await Promise.all([store.install(MODEL, hub, first), other.install(MODEL, hub, second)])
    expect(server.requests).toEqual(['config.json', 'model.safetensors'])
    expect(Object.keys(await filesIn(folder)).sort()).toEqual(INSTALLED)
  })

  it('resume each other’s download if one is cancelled', async () => {
    const { store, folder, server, hub } = await storeAndHub({ lockLimits })
    const other = new ModelStore({ folder, models: [MODEL], lockLimits })
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
