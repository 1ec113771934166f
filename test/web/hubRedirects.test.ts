import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { launchWorkbenchBrowser } from '../hosts/workbenchBrowser.mjs'
import { bundlePage } from './bundlePage'
import type { HubPage } from './hubPage'

declare const hubPage: HubPage

/** The real hub and its CDN allow pages of any origin. */
const CORS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, range' }

describe('A redirect of the hub in a browser', () => {
  let browser: Browser
  let page: Page
  let servers: Server[]
  let hub: string
  let cdnPort: number
  /** Where the hub redirects to. */
  let location: string
  /** The token of each request that the CDN got, preflight requests excluded. */
  let tokensAtCdn: (string | undefined)[]

  beforeAll(async () => {
    const script = await bundlePage('test/web/hubPage.ts')
    const pages = createServer((request, response) => {
      if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
      else response.setHeader('content-type', 'text/html').end('<script src="/page.js"></script>')
    })
    const redirecting = createServer((request, response) => {
      if (request.method === 'OPTIONS') response.writeHead(204, CORS).end()
      else response.writeHead(302, { ...CORS, location }).end()
    })
    const cdn = createServer((request, response) => {
      if (request.method === 'OPTIONS') {
        response.writeHead(204, CORS).end()
        return
      }
      tokensAtCdn.push(request.headers.authorization)
      response.writeHead(200, CORS).end(`answer to ${request.url}`)
    })
    servers = [pages, redirecting, cdn]
    const [pagesPort, hubPort, port] = await Promise.all(servers.map(listen))
    hub = `http://127.0.0.1:${hubPort}/model.safetensors`
    cdnPort = port ?? 0
    browser = await launchWorkbenchBrowser()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${pagesPort}/`)
  })

  beforeEach(() => {
    tokensAtCdn = []
  })

  afterAll(async () => {
    await browser.close()
    for (const server of servers) server.close()
  })

  it('to a signed address of its CDN is followed, without the token', async () => {
    location = `http://127.0.0.1:${cdnPort}/file?signature=1`

    expect(await textAt(page, hub)).toBe('answer to /file?signature=1')
    expect(tokensAtCdn).toEqual([undefined])
  })

  it('to an unsafe address gets no answer', async () => {
    // This machine, but not by one of its loopback names.
    location = `http://cdn.localhost:${cdnPort}/file`

    await expect(textAt(page, hub)).rejects.toThrow(
      `The hub redirects to http://cdn.localhost:${cdnPort}, which is not a safe address.`,
    )
  })
})

function textAt(page: Page, url: string): Promise<string> {
  return page.evaluate((address) => hubPage.textAt(address), url)
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
