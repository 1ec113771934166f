import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { launchWorkbenchBrowser } from '../hosts/workbenchBrowser.mjs'
import { bundlePage } from './bundlePage'

const repository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Headers that make a window cross-origin isolated. Only an isolated window has shared memory and threads. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

const DOCUMENT = '<link rel="icon" href="data:," /><script src="/page.js"></script>'

/** Opens the engine's page in a new browser; the caller closes it. */
export async function openEnginePage({ isolated }: { readonly isolated: boolean }): Promise<EngineInBrowser> {
  const script = await bundlePage('test/web/enginePage.ts')
  const server = createServer((request, response) => {
    if (isolated) for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value)
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/') response.setHeader('content-type', 'text/html').end(DOCUMENT)
    else if (pathname === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
    else
      readFile(repository(pathname.replace(/^\/model\//, 'media/models/mini/').replace(/^\//, ''))).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await launchWorkbenchBrowser()
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return {
    page,
    browser,
    complaints,
    close: async () => {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface EngineInBrowser {
  readonly page: Page
  readonly browser: Browser
  /** Warnings and errors in the page's console. */
  readonly complaints: readonly string[]
  close(): Promise<void>
}
