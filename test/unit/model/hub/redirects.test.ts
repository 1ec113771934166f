import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchFromHub } from '../../../../src/model/hub/fetchFromHub'
import { requestHub } from '../../../../src/model/hub/hubRequest'
import { HubRefusalError } from '../../../../src/shared/errors'
import { type Answer, MODEL, FakeHub, WEIGHTS } from '../../../support/fakes/fakeHub'
import { hasInstalledWeights, storeAndHub, watched } from '../../../support/fakes/fakeStore'

function redirectTo(location: string): Answer {
  return ({ response }) => {
    response.writeHead(302, { location }).end()
  }
}

/** Node's `fetch` shows where a redirect leads; a browser's does not, which `test/web` covers. */
describe.each([
  ['http.get', requestHub],
  ['fetch', fetchFromHub],
])('A redirect, with %s,', (_, request) => {
  it('to an unsafe address is refused before it is followed', async () => {
    const { store, server, hub } = await storeAndHub()
    const elsewhere = await anotherHub()
    // This machine, but not by one of its loopback names.
    server.otherwise = redirectTo(`http://0.0.0.0:${elsewhere.endpoint.port}${pathOf('model.safetensors')}`)

    await expect(store.install(MODEL, { ...hub, request }, watched())).rejects.toThrow(/not a safe address/)
    expect(elsewhere.requests).toEqual([])
  })

  it('to another host is followed, without the token', async () => {
    const { store, server, hub, folder } = await storeAndHub()
    const elsewhere = await anotherHub()
    server.otherwise = redirectTo(`${elsewhere.endpoint.origin}${pathOf('model.safetensors')}`)
    await store.install(MODEL, { ...hub, request, token: 'a secret' }, watched())
    expect(server.authorizations).toEqual(['Bearer a secret', 'Bearer a secret'])
    expect(elsewhere.authorizations).toEqual([undefined])
    expect(await hasInstalledWeights(folder, WEIGHTS)).toBe(true)
  })

  it('to another port of the same machine drops the token, and a redirect back does not restore it', async () => {
    const { store, server, hub } = await storeAndHub()
    const elsewhere = await anotherHub()
    const there = `${elsewhere.endpoint.origin}${pathOf('model.safetensors')}`
    elsewhere.otherwise = redirectTo(`${server.endpoint.origin}${pathOf('model.safetensors')}?back`)
    server.answers = [redirectTo(there)]
    await expect(store.install(MODEL, { ...hub, request, token: 'a secret' }, watched())).rejects.toThrow(
      HubRefusalError,
    )
    expect(server.authorizations.at(-1)).toBeUndefined()
  })

  it('within the hub keeps the token', async () => {
    const { store, server, hub } = await storeAndHub()
    server.answers = [redirectTo('model.safetensors')]
    await store.install(MODEL, { ...hub, request, token: 'a secret' }, watched())
    expect(server.authorizations).toEqual(Array(3).fill('Bearer a secret'))
  })

  it.each(['http://example.org/model', 'file:///etc/hostname', 'http://[', 'ftp://127.0.0.1/'])(
    'to %s is refused',
    async (location) => {
      const { store, server, hub } = await storeAndHub()
      server.otherwise = redirectTo(location)
      await expect(store.install(MODEL, { ...hub, request }, watched())).rejects.toThrow(/not a safe address/)
    },
  )

  it('that repeats is followed five times at most', async () => {
    const { store, server, hub } = await storeAndHub()
    server.otherwise = redirectTo('model.safetensors')
    await expect(store.install(MODEL, { ...hub, request }, watched())).rejects.toThrow(
      /redirects more than 5 times/,
    )
    expect(server.requests.filter((name) => name === 'model.safetensors')).toHaveLength(6)
  })

  it('keeps the requested range', async () => {
    const [hub, elsewhere] = [await anotherHub(), await anotherHub()]
    const path = pathOf('model.safetensors')
    hub.otherwise = redirectTo(`${elsewhere.endpoint.origin}${path}`)
    const response = await request({
      url: new URL(path, hub.endpoint),
      token: undefined,
      resume: { from: 30_000, etag: null },
      answerMs: 10_000,
      signal: new AbortController().signal,
    })
    response.end()

    expect(elsewhere.requests).toEqual(['model.safetensors from 30000'])
  })
})

describe('A server that cuts the connection before it answers', () => {
  it('is reported as no connection after a few attempts', async () => {
    const { store, hub } = await storeAndHub()
    const server = await cuttingServer()
    const { port } = server.address() as AddressInfo
    const installing = store.install(
      MODEL,
      { ...hub, endpoint: new URL(`http://127.0.0.1:${port}`) },
      watched(),
    )
    await expect(installing).rejects.toThrow('No connection to the hub; nothing was downloaded')
  })
})

function pathOf(file: string): string {
  return `/${MODEL.repository}/resolve/${MODEL.revision}/${file}`
}

async function anotherHub(): Promise<FakeHub> {
  const hub = await FakeHub.start()
  onTestFinished(() => hub.close())
  return hub
}

async function cuttingServer(): Promise<Server> {
  const server = createServer((request) => request.socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return server
}
