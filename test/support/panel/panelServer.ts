import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import { chromium } from 'playwright-core'

import { pageHtml } from '../../../src/editor/ui/pageHtml'
import { readGpt2Vocabulary } from '../texts/gpt2Vocabulary'
import { THEME_CLASSES, THEMES, themeStyle } from './themes'

/** Where a test process finds the panel and a browser to open it in; can be sent between processes. */
export interface PanelServerAddress {
  readonly origin: string
  /** WebSocket address of a running Chromium. */
  readonly browserEndpoint: string
}

export interface PanelServer {
  readonly address: PanelServerAddress
  close(): Promise<void>
}

/**
 * Builds the pages of the webviews once, serves them, and starts one Chromium for all test files: the panel at `/`, and
 * the page of Check My GPT-2 at `/check`.
 *
 * Each gets its real document, script, stylesheet and content security policy. Only VS Code is replaced: the document's
 * query has the theme (`theme`) and the saved state (`savedState`, JSON), and a script records what the page posts and
 * saves.
 */
export async function startPanelServer(): Promise<PanelServer> {
  const [files, browser] = await Promise.all([readFiles(), launchChromium()])
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const page = PAGES.get(pathname)
    const file = page === undefined ? files.get(pathname) : harnessDocument(page, searchParams)
    if (file === undefined) response.writeHead(404).end()
    else
      response
        .setHeader('content-type', contentType(pathname))
        .setHeader('cache-control', page === undefined ? 'max-age=3600' : 'no-store')
        .end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: { origin: `http://127.0.0.1:${port}`, browserEndpoint: browser.wsEndpoint() },
    close: async () => {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type PageOfHarness = Omit<Parameters<typeof pageHtml>[0], 'cspSource' | 'nonce'>

const PAGES: ReadonlyMap<string, PageOfHarness> = new Map([
  [
    '/',
    {
      title: 'Logitscope',
      element: 'logitscope-panel',
      section: 'results',
      scriptUri: '/panel.js',
      styleUri: '/panel.css',
    },
  ],
  [
    '/check',
    {
      title: 'Check My GPT-2',
      element: 'logitscope-check',
      section: 'check',
      scriptUri: '/check.js',
      styleUri: '/check.css',
    },
  ],
])

async function readFiles(): Promise<ReadonlyMap<string, string>> {
  const [script, style, checkScript, checkStyle] = await Promise.all(
    ['main.ts', 'styles/panel.css', 'check/main.ts', 'styles/check.css'].map(bundle),
  )
  return new Map([
    ['/panel.js', script ?? ''],
    ['/panel.css', style ?? ''],
    ['/check.js', checkScript ?? ''],
    ['/check.css', checkStyle ?? ''],
    ['/vocabulary.js', vocabularyScript()],
    ...THEMES.map((theme): [string, string] => [`/${theme}.css`, themeStyle(theme)]),
  ])
}

/** A bundle of the webview, given by its entry point. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../../webview/${entry}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles.map(({ text }) => text).join('')
}

function launchChromium() {
  return chromium.launchServer({
    executablePath: process.env.LOGITSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

function contentType(pathname: string): string {
  if (pathname.endsWith('.js')) return 'text/javascript'
  return pathname.endsWith('.css') ? 'text/css' : 'text/html'
}

const NONCE = 'harness'

/** The product's document with VS Code's part added: its API, its theme and, for the panel, the vocabulary message. */
function harnessDocument(page: PageOfHarness, query: URLSearchParams): string {
  const theme = THEMES.find((known) => known === query.get('theme')) ?? 'dark'
  const savedState = (query.get('savedState') ?? 'null').replaceAll('<', '\\u003c')
  const html = pageHtml({ ...page, cspSource: "'self'", nonce: NONCE })
    .replace('<link', `<link rel="stylesheet" href="/${theme}.css" />\n    <link`)
    .replace('<body', `<body class="${THEME_CLASSES[theme]}"`)
    .replace('<script', () => `<script nonce="${NONCE}">${fakeVsCodeApi(savedState)}</script>\n    <script`)
  if (page.element !== 'logitscope-panel') return html
  return html.replace('</body>', `  <script nonce="${NONCE}" src="/vocabulary.js"></script>\n  </body>`)
}

/** Records what the panel posts and saves, for the tests to read. */
function fakeVsCodeApi(savedState: string): string {
  return `
    window.posted = []
    window.savedState = ${savedState}
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.posted.push(message),
      getState: () => window.savedState,
      setState: (state) => (window.savedState = state),
    })`
}

/** For scripts of pages. In a loop: a callback for each of half a million characters takes longer than the page's start. */
export const DECODE_BASE64 = `const decode = (base64) => {
      const text = atob(base64)
      const bytes = new Uint8Array(text.length)
      for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
      return bytes
    }`

/** Sends the vocabulary to the panel. Served as a file, because it is too large to send it for each test. */
function vocabularyScript(): string {
  const { bytes, offsets } = readGpt2Vocabulary()
  const base64 = (array: ArrayBufferView) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
  return `{
    ${DECODE_BASE64}
    const bytes = decode('${base64(bytes)}')
    const offsets = new Uint32Array(decode('${base64(offsets)}').buffer)
    dispatchEvent(new MessageEvent('message', { data: { type: 'vocabulary', bytes, offsets } }))
  }`
}
