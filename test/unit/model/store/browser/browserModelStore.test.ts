import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fetchFromHub } from '../../../../../src/model/hub/fetchFromHub'
import { BrowserModelStore } from '../../../../../src/model/store/browser/browserModelStore'
import type { WholeFiles } from '../../../../../src/model/store/browser/wholeFiles'
import {
  CancelledError,
  HubConnectionError,
  ModelBusyError,
  ModelFilesError,
  PinnedFileError,
} from '../../../../../src/shared/errors'
import {
  type Answer,
  answerWell,
  answerWithStatus,
  begin,
  cutAfter,
  ETAG,
  MODEL,
  FakeHub,
  stallAfter,
  WEIGHTS,
} from '../../../../support/fakes/fakeHub'
import { TEST_LIMITS, useFakeClock, watched } from '../../../../support/fakes/fakeStore'

/** Sizes of the slices: the header, two times a mask and its layer, the rest. */
const SLICES = [512, 4_000, 20_000, 4_000, 20_000, 17_024]

describe('A download in a browser', () => {
  it('stores a slice for each layer, and the masks in slices of their own', async () => {
    const { store, files, hub } = await browserAndHub()

    await store.install(MODEL, hub, watched())

    expect([...files].filter(([name]) => name.endsWith('.slice')).map(([, bytes]) => bytes.length)).toEqual(
      SLICES,
    )
    expect(await weightsIn(store)).toEqual(WEIGHTS)
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
    expect((await store.outline(MODEL)).remarks).toEqual([])
  })

  it('resumes in the middle of a slice after the connection was cut or stalled', async () => {
    useFakeClock()
    const { store, hub, server } = await browserAndHub([cutAfter(10_000), stallAfter(20_000)])
    const options = watched()
    const isPausing = () => options.reported.at(-1)?.kind === 'pausing'

    const installing = store.install(MODEL, hub, options)
    await expect.poll(isPausing).toBe(true)
    vi.advanceTimersByTime(TEST_LIMITS.firstDelayMs)
    await expect.poll(() => options.reported.at(-1)).toEqual({ kind: 'downloading', bytes: 30_000 })
    // In the first span 20,000 bytes have arrived, in the second one none.
    vi.advanceTimersByTime(2 * TEST_LIMITS.spanMs)
    await expect.poll(isPausing).toBe(true)
    vi.advanceTimersByTime(TEST_LIMITS.firstDelayMs)
    await installing

    expect(server.requests.filter((name) => name !== 'config.json')).toEqual([
      'model.safetensors',
      'model.safetensors from 10000',
      'model.safetensors from 30000',
    ])
    expect(await weightsIn(store)).toEqual(WEIGHTS)
  })

  it('resumes in another window after the last complete slice, and reads the stored bytes again', async () => {
    const { store, hub, server, files } = await browserAndHub([], cutAfter(26_000))
    const failed = store.install(MODEL, { ...hub, limits: { ...TEST_LIMITS, retries: 0 } }, watched())
    await expect(failed).rejects.toThrow(HubConnectionError)
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'partial', bytes: 24_512 })
    server.otherwise = answerWell
    server.requests.length = 0
    const another = new BrowserModelStore({
      files: wholeFiles(files),
      models: [MODEL],
      onFull: () => undefined,
    })
    const options = watched()

    await another.install(MODEL, hub, options)

    expect(server.requests).toEqual(['config.json', 'model.safetensors from 24512'])
    expect(options.reported.filter(({ kind }) => kind === 'checking').at(-1)).toEqual({
      kind: 'checking',
      bytes: 24_512,
    })
    expect(await weightsIn(another)).toEqual(WEIGHTS)
  })

  it('resumes if the hub does not expose Content-Range to pages', async () => {
    const withoutRange: Answer = (asked) => {
      const { response, from = 0 } = asked
      response.writeHead(206, { 'content-length': WEIGHTS.length - from }).end(WEIGHTS.subarray(from))
    }
    const { store, hub, server } = await browserAndHub([cutAfter(10_000), withoutRange])

    await store.install(MODEL, hub, watched())

    expect(server.requests.at(-1)).toBe('model.safetensors from 10000')
    expect(await weightsIn(store)).toEqual(WEIGHTS)
  })

  it('can be cancelled, and keeps the bytes received', async () => {
    const { store, hub } = await browserAndHub([stallAfter(30_000)])
    const cancellation = new AbortController()
    const options = watched(cancellation.signal)

    const failed = store.install(MODEL, hub, {
      ...options,
      onProgress: (progress) => {
        if (progress.kind === 'downloading' && progress.bytes === 30_000) cancellation.abort()
      },
    })

    await expect(failed).rejects.toThrow(CancelledError)
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'partial', bytes: 28_512 })
  })

  it.each([
    ['other bytes', Buffer.from(WEIGHTS).fill(7, 30_000, 30_001)],
    ['a file that is not safetensors', Buffer.from(WEIGHTS).fill(7, 8, 100)],
    ['a header longer than the file', Buffer.from(WEIGHTS).fill(255, 0, 4)],
  ])('keeps nothing of %s', async (_, weights) => {
    const { store, hub, files } = await browserAndHub([], (asked) =>
      asked.response.end(begin(asked, ETAG, weights)),
    )

    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(PinnedFileError)

    expect([...files.keys()]).toEqual([])
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'absent' })
  })

  it('does not wait for the end of a header that is too long', async () => {
    const weights = Buffer.alloc(24 * 1024 * 1024)
    weights.writeUInt32LE(20 * 1024 * 1024)
    const model = { ...MODEL, bytes: weights.length }
    const { store, hub } = await browserAndHub([], (asked) => asked.response.end(begin(asked, ETAG, weights)))
    const options = watched()

    await expect(store.install(model, hub, options)).rejects.toThrow(PinnedFileError)

    expect(options.reported).toEqual([])
  })

  it('deletes nothing if another window has completed the download in the meantime', async () => {
    const { store, hub, server, files } = await browserAndHub([cutAfter(30_000)])
    const another = new BrowserModelStore({
      files: wholeFiles(files),
      models: [MODEL],
      onFull: () => undefined,
    })
    server.answers.push((asked) => {
      void another.install(MODEL, hub, watched()).then(() => answerWithStatus(416)(asked))
    })

    const failed = store.install(MODEL, hub, watched())

    await expect(failed).rejects.toThrow(
      new ModelBusyError('Another window has finished downloading the model.'),
    )
    expect(await another.stateOf(MODEL)).toEqual({ kind: 'installed' })
    expect(await weightsIn(another)).toEqual(WEIGHTS)
  })

  it('is incomplete if slices were deleted during the download', async () => {
    const { store, hub, server, files } = await browserAndHub([cutAfter(30_000)])
    server.answers.push((asked) => {
      files.delete('gpt2/1.slice')
      answerWell(asked)
    })

    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(ModelFilesError)

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'partial', bytes: 512 })
  })

  it('is refused while another one is running', async () => {
    const { store, hub } = await browserAndHub()

    const first = store.install(MODEL, hub, watched())

    await expect(store.install(MODEL, hub, watched())).rejects.toThrow(ModelBusyError)
    await first
  })
})

describe('With an exhausted browser quota', () => {
  const ALLOWED = 26_000

  it('the model is kept in memory, and a remark says how much the browser allows', async () => {
    const { store, hub, files, full } = await browserAndHub([], answerWell, ALLOWED)

    await store.install(MODEL, hub, watched())

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
    expect(await weightsIn(store)).toEqual(WEIGHTS)
    expect(await weightsIn(store)).toEqual(WEIGHTS)
    expect((await store.outline(MODEL)).remarks).toEqual([
      'This browser has space for only 25 kB, so gpt2 is deleted when you close this window; free disk space to keep it',
    ])
    expect(full).toHaveLength(1)
    expect(sizeOf(files)).toBeLessThanOrEqual(ALLOWED)
  })

  it('the next window resumes from the bytes that the browser stored', async () => {
    const { store, hub, files, server } = await browserAndHub([], answerWell, ALLOWED)
    await store.install(MODEL, hub, watched())
    const next = new BrowserModelStore({ files: wholeFiles(files), models: [MODEL], onFull: () => undefined })
    expect(await next.stateOf(MODEL)).toEqual({ kind: 'partial', bytes: 24_512 })
    await expect(next.outline(MODEL)).rejects.toThrow(ModelFilesError)

    await next.install(MODEL, hub, watched())

    expect(server.requests.at(-1)).toBe('model.safetensors from 24512')
    expect((await next.outline(MODEL)).remarks).toEqual([])
  })

  it('deleting the model deletes all of its files', async () => {
    const { store, hub, files } = await browserAndHub([], answerWell, ALLOWED)
    await store.install(MODEL, hub, watched())

    await store.delete(MODEL)

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'absent' })
    expect(files.size).toBe(0)
  })
})

describe('A model in a browser', () => {
  it('is deleted by a verification if its bytes have changed', async () => {
    const { store, hub, files } = await browserAndHub()
    await store.install(MODEL, hub, watched())
    await store.verify(MODEL, watched())
    files.set('gpt2/2.slice', Uint8Array.from(files.get('gpt2/2.slice') ?? []).fill(0, 7, 8))

    await expect(store.verify(MODEL, watched())).rejects.toThrow(PinnedFileError)

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'absent' })
  })

  it('is incomplete if the browser has deleted a slice', async () => {
    const { store, hub, files } = await browserAndHub()
    await store.install(MODEL, hub, watched())

    files.delete('gpt2/3.slice')

    expect(await store.stateOf(MODEL)).toEqual({ kind: 'partial', bytes: 24_512 })
    await expect(store.outline(MODEL)).rejects.toThrow(
      'gpt2 is not downloaded, or was downloaded in another window: reload this window, or run Logitscope: Select Model.',
    )
  })

  it('does not count as installed until the whole file is verified again', async () => {
    const { store, hub, server, files } = await browserAndHub()
    await store.install(MODEL, hub, watched())
    files.delete('gpt2/3.slice')
    server.otherwise = cutAfter(4_000)

    const failed = store.install(MODEL, { ...hub, limits: { ...TEST_LIMITS, retries: 0 } }, watched())

    await expect(failed).rejects.toThrow(HubConnectionError)
    expect((await store.stateOf(MODEL)).kind).toBe('partial')
  })

  it('is not read if the length of a slice has changed', async () => {
    const { store, hub, files } = await browserAndHub()
    await store.install(MODEL, hub, watched())
    files.set('gpt2/2.slice', new Uint8Array(19_999))

    await expect(store.part(MODEL, 'model.safetensors', 2)).rejects.toThrow(
      new ModelFilesError(
        'model.safetensors of gpt2 is damaged. Run Logitscope: Manage Models, Verify Again.',
      ),
    )
  })

  it('of a previously pinned revision is deleted', async () => {
    const { store, hub, files } = await browserAndHub()
    await store.install(MODEL, hub, watched())
    const models = [{ ...MODEL, revision: 'f'.repeat(40) }]
    const newer = new BrowserModelStore({ files: wholeFiles(files), models, onFull: () => undefined })

    await store.tidyUp()
    expect(await weightsIn(store)).toEqual(WEIGHTS)
    await newer.tidyUp()

    expect([...files.keys()]).toEqual([])
  })
})

/** A browser’s storage with a quota in bytes, and a hub. */
async function browserAndHub(answers: Answer[] = [], otherwise: Answer = answerWell, quota = Infinity) {
  const server = await FakeHub.start()
  onTestFinished(() => server.close())
  Object.assign(server, { answers, otherwise })
  const files = new Map<string, Uint8Array>()
  const full: unknown[] = []
  const store = new BrowserModelStore({
    files: wholeFiles(files, quota),
    models: [MODEL],
    onFull: (reason) => full.push(reason),
  })
  const hub = { endpoint: server.endpoint, token: undefined, limits: TEST_LIMITS, request: fetchFromHub }
  return { store, server, hub, files, full }
}

function wholeFiles(files: Map<string, Uint8Array>, quota = Infinity): WholeFiles {
  return {
    read: (name) => Promise.resolve(files.get(name)?.slice()),
    list: (folder) =>
      Promise.resolve(
        [...files.keys()].flatMap((name) =>
          name.startsWith(`${folder}/`) ? [name.slice(folder.length + 1)] : [],
        ),
      ),
    write: (name, bytes) => {
      const before = files.get(name)?.length ?? 0
      if (sizeOf(files) - before + bytes.length > quota) return Promise.reject(new Error('quota exceeded'))
      files.set(name, bytes.slice())
      return Promise.resolve()
    },
    delete: (folder) => {
      for (const name of [...files.keys()]) if (name.startsWith(`${folder}/`)) files.delete(name)
      return Promise.resolve()
    },
  }
}

function sizeOf(files: ReadonlyMap<string, Uint8Array>): number {
  return [...files.values()].reduce((sum, { length }) => sum + length, 0)
}

/** All parts of the weights, as the engine reads them. */
async function weightsIn(store: BrowserModelStore): Promise<Buffer> {
  const { files } = await store.outline(MODEL)
  const count = files.find(({ name }) => name === 'model.safetensors')?.parts ?? 0
  const parts: Uint8Array[] = []
  for (let index = 0; index < count; index++) parts.push(await store.part(MODEL, 'model.safetensors', index))
  return Buffer.concat(parts)
}
