import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'

import type { HostMessage, PanelMessage } from '../../../src/shared/contracts/protocol'
import { panelHtml } from '../../../src/features/inspect/panelHtml'
import { readGpt2Vocabulary } from '../texts/gpt2Vocabulary'
import { type Theme, THEME_CLASSES, themeStyle } from './themes'

export const vocabulary = readGpt2Vocabulary()

/** The panel's real document, script and stylesheet under the real policy; only VS Code is played. */
export interface PanelHarness {
  open(options?: OpenOptions): Promise<PanelPage>
  close(): Promise<void>
}

export interface OpenOptions {
  readonly theme?: Theme
  readonly width?: number
  readonly height?: number
  /** What `getState` gives, as after a reload. */
  readonly keptState?: unknown
}

export interface PanelPage {
  readonly page: Page
  /** What the browser refused because of the policy, and what the panel threw. */
  readonly complaints: readonly string[]
  send(message: HostMessage): Promise<void>
  messages<T extends PanelMessage['type']>(type: T): Promise<Extract<PanelMessage, { type: T }>[]>
  forgetMessages(): Promise<void>
  keptState(): Promise<unknown>
}

export async function startPanelHarness(): Promise<PanelHarness> {
  const script = await bundlePanel()
  const browser = await launchChromium()
  const files = new Map<string, string>([
    ['/panel.js', script],
    ['/panel.css', await readFile(new URL('../../../media/panel.css', import.meta.url), 'utf8')],
  ])
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const theme = (searchParams.get('theme') ?? 'dark') as Theme
    if (pathname === '/') response.setHeader('content-type', 'text/html').end(harnessDocument(theme))
    else if (pathname === '/theme.css') response.setHeader('content-type', 'text/css').end(themeStyle(theme))
    else if (files.has(pathname))
      response
        .setHeader('content-type', pathname.endsWith('.js') ? 'text/javascript' : 'text/css')
        .end(files.get(pathname))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    open: (options) => openPanel(browser, origin, options),
    close: async () => {
      await browser.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bundlePanel(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../../../webview/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
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

/** The product's document, with the theme as VS Code would add it. */
function harnessDocument(theme: Theme): string {
  return panelHtml({ scriptUri: '/panel.js', styleUri: '/panel.css', cspSource: "'self'", nonce: 'harness' })
    .replace('<link', `<link rel="stylesheet" href="/theme.css?theme=${theme}" />\n    <link`)
    .replace('<body', `<body class="${THEME_CLASSES[theme]}"`)
}

/** Runs in the page before the panel: records what the panel posts and keeps. */
const FAKE_VSCODE_API = (kept: string) => `
  window.posted = []
  window.kept = ${kept}
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.posted.push(message),
    getState: () => window.kept,
    setState: (state) => (window.kept = state),
  })
`

async function openPanel(
  browser: Browser,
  origin: string,
  { theme = 'dark', width = 1180, height = 860, keptState }: OpenOptions = {},
): Promise<PanelPage> {
  const page = await browser.newPage({ viewport: { width, height } })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.addInitScript(FAKE_VSCODE_API(JSON.stringify(keptState ?? null)))
  await page.goto(`${origin}/?theme=${theme}`)

  const send = (message: HostMessage) =>
    page.evaluate(`window.postMessage(${toExpression(message)}, '*')`).then(() => undefined)
  const { bytes, offsets } = vocabulary
  await send({ type: 'vocabulary', bytes, offsets })
  return {
    page,
    complaints,
    send,
    messages: async <T extends PanelMessage['type']>(type: T) => {
      const posted = await page.evaluate<PanelMessage[]>('window.posted')
      return posted.filter((message): message is Extract<PanelMessage, { type: T }> => message.type === type)
    },
    forgetMessages: () => page.evaluate('window.posted.length = 0').then(() => undefined),
    keptState: () => page.evaluate<unknown>('window.kept'),
  }
}

/** A message as source text; typed arrays, which JSON has not, are rebuilt in the page. */
function toExpression(message: HostMessage): string {
  const fields = Object.entries(message).map(([name, value]: [string, unknown]) => {
    if (!ArrayBuffer.isView(value)) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
    const bytes = `Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0)).buffer`
    return `${JSON.stringify(name)}: new ${value.constructor.name}(${bytes})`
  })
  return `{ ${fields.join(', ')} }`
}
