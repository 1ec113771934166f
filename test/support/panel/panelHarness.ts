import { type Browser, chromium, type Page } from 'playwright-core'

import type { CheckHostMessage, CheckPageMessage } from '../../../src/shared/contracts/check/checkProtocol'
import type { HostMessage, PanelMessage } from '../../../src/shared/contracts/panel/protocol'
import { DECODE_BASE64, type PanelServerAddress } from './panelServer'
import type { Theme } from './themes'

export interface OpenOptions {
  readonly theme?: Theme
  readonly width?: number
  readonly height?: number
  /** The result of `getState`, as after a reload. */
  readonly savedState?: unknown
}

/** Opens panels in a tab of the browser that `startPanelServer` has started, one panel at a time. */
export class PanelHarness {
  static async connect({ origin, browserEndpoint }: PanelServerAddress): Promise<PanelHarness> {
    const browser = await chromium.connect(browserEndpoint)
    return new PanelHarness(browser, await browser.newPage(), origin)
  }

  private errors: string[] = []

  private constructor(
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly origin: string,
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text())
    })
    page.on('pageerror', (error) => this.errors.push(error.message))
  }

  /** Opens a new panel in place of the previous page, with the vocabulary loaded. */
  async open(options: OpenOptions = {}): Promise<PanelPage> {
    return new WebviewPage(await this.load('/', options), this.errors)
  }

  /** Opens the page of Check My GPT-2 in place of the previous page. */
  async openCheck(options: OpenOptions = {}): Promise<CheckPage> {
    return new WebviewPage(await this.load('/check', options), this.errors)
  }

  async close(): Promise<void> {
    await this.page.close()
    await this.browser.close()
  }

  private async load(
    path: string,
    { theme = 'dark', width = 1180, height = 860, savedState }: OpenOptions,
  ): Promise<Page> {
    const { page, origin } = this
    // The tab is reused: a new tab for each panel takes several times as long, and closing one can move the focus.
    this.errors = []
    const query = new URLSearchParams({ theme, savedState: JSON.stringify(savedState ?? null) })
    await page.setViewportSize({ width, height })
    await page.goto(`${origin}${path}?${query.toString()}`)
    return page
  }
}

export type PanelPage = WebviewPage<HostMessage, PanelMessage>
export type CheckPage = WebviewPage<CheckHostMessage, CheckPageMessage>

/** An open page, seen from VS Code: what it is sent, and what it posts. */
export class WebviewPage<Sent extends object, Posted extends { readonly type: string }> {
  constructor(
    readonly page: Page,
    /** Errors that the page threw or logged, and loads that its content security policy blocked. */
    readonly errors: readonly string[],
  ) {}

  /** Sends a message. Resolves when the page has handled it and shows what has changed. */
  async send(message: Sent): Promise<void> {
    await this.page.evaluate(`new Promise((resolve) => {
      addEventListener('message', () => resolve(), { once: true })
      window.postMessage(${toExpression(message)}, '*')
    })`)
    await this.rendered()
  }

  /** Resolves when the page shows its present state, which it renders with the next frame. */
  async rendered(): Promise<void> {
    await this.page.evaluate(
      'new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve())))',
    )
  }

  /** All messages of a type that the page has posted, oldest first. */
  async messages<T extends Posted['type']>(type: T): Promise<Extract<Posted, { type: T }>[]> {
    const posted = await this.page.evaluate<Posted[]>('window.posted')
    return posted.filter((message): message is Extract<Posted, { type: T }> => message.type === type)
  }

  async forgetMessages(): Promise<void> {
    await this.page.evaluate('window.posted.length = 0')
  }

  /** Presses a key of the table several times in one task, so that a slow machine cannot pause between two of them. */
  async holdKey(key: string, times: number): Promise<void> {
    await this.page.evaluate(`{
      const grid = document.querySelector('[role=grid]')
      for (let i = 0; i < ${times}; i++)
        grid.dispatchEvent(new KeyboardEvent('keydown', { key: ${JSON.stringify(key)}, bubbles: true }))
    }`)
  }

  savedState(): Promise<unknown> {
    return this.page.evaluate<unknown>('window.savedState')
  }
}

/** A message as source text. Typed arrays, which JSON does not have, are rebuilt in the page. */
function toExpression(message: object): string {
  const json = JSON.stringify(message, (_, value: unknown): unknown => {
    if (!ArrayBuffer.isView(value)) return value
    const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
    return { typedArray: value.constructor.name, base64 }
  })
  return `(() => {
    ${DECODE_BASE64}
    return JSON.parse(${JSON.stringify(json)}, (_, value) =>
      value?.typedArray === undefined ? value : new window[value.typedArray](decode(value.base64).buffer))
  })()`
}
