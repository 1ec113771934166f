import type { Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, vi } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import type { PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import type { PanelMessage, TokenAddress } from '../../src/shared/contracts/panel/protocol'
import { callsOf, type PageCall } from '../support/panel/pageCall'
import { type OpenOptions, PanelHarness, type PanelPage } from '../support/panel/panelHarness'
import { referenceInspection } from '../support/reference/referenceInspection'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'

/** Only a limit: the tests wait for conditions and continue as soon as they hold. */
const TIMEOUT_MS = 15_000

export const vocabulary = readGpt2Vocabulary()

/** 85 tokens of TypeScript in one section, with the numbers that PyTorch computes. */
export const typescript = referenceInspection('typescript +bos', vocabulary)
export const typescriptSection = elementAt(typescript.sections, 0)

/** The same at its start: the tokens are known, none is scored. */
export const started: Inspection = {
  ...typescript,
  state: { kind: 'running' },
  sections: [{ ...typescriptSection, predictions: [], next: null }],
}

export interface ShowOptions extends OpenOptions {
  /** The token at the editor's cursor. */
  readonly picked?: TokenAddress | null
}

/** A browser tab for the tests of a file. Each test opens its own panel, which must not report errors. */
export function panelUnderTest(): PanelUnderTest {
  const test = new PanelUnderTest()
  beforeAll(() => test.start())
  afterEach(() => {
    test.checkPanel()
  })
  afterAll(() => test.stop())
  return test
}

export class PanelUnderTest {
  private harness: PanelHarness | undefined
  private panel: PanelPage | undefined

  async start(): Promise<void> {
    this.harness = await PanelHarness.connect(inject('panelServer'))
  }

  async stop(): Promise<void> {
    await this.harness?.close()
  }

  async open(options?: OpenOptions): Promise<PanelPage> {
    if (this.harness === undefined) throw new Error('the browser has not been started')
    this.panel = await this.harness.open(options)
    return this.panel
  }

  /** Opens a panel with an inspection in it and the focus on its table. */
  async show(inspection: Inspection, { picked = null, ...options }: ShowOptions = {}): Promise<PanelPage> {
    const panel = await this.open(options)
    await panel.send({ type: 'showInspection', inspection, picked, focus: true })
    await panel.page.locator('[role=grid]:focus').waitFor()
    return panel
  }

  /** Checks that the test's panel reported no errors, and forgets it. */
  checkPanel(): void {
    const { panel } = this
    this.panel = undefined
    if (panel !== undefined) expect(panel.errors).toEqual([])
  }

  get page() {
    return this.current.page
  }

  /** Waits until the last message of a type has these fields, and returns it. */
  posted<T extends PanelMessage['type']>(
    type: T,
    fields: Partial<Extract<PanelMessage, { type: T }>> = {},
  ): Promise<Extract<PanelMessage, { type: T }>> {
    return vi.waitFor(
      async () => {
        const messages = await this.current.messages(type)
        const message = elementAt(messages, messages.length - 1)
        expect(message).toMatchObject(fields)
        return message
      },
      { timeout: TIMEOUT_MS },
    )
  }

  /** Waits until the page's last call of a method has these fields in its request, and returns it. */
  called<K extends keyof PanelCalls>(
    method: K,
    fields: Partial<PanelCalls[K]['request']> = {},
  ): Promise<PageCall<K>> {
    return vi.waitFor(
      async () => {
        const calls = await this.calls(method)
        const call = elementAt(calls, calls.length - 1)
        expect(call.request).toMatchObject(fields)
        return call
      },
      { timeout: TIMEOUT_MS },
    )
  }

  /** The page's calls of a method since its messages were forgotten, oldest first. */
  calls<K extends keyof PanelCalls>(method: K): Promise<PageCall<K>[]> {
    return callsOf(this.current, method)
  }

  /** The text of the first element that matches, as soon as there is one. */
  async text(selector: string): Promise<string> {
    return (await this.shown(selector)).first().innerText()
  }

  /** The texts of all elements that match at the moment, possibly none. */
  async texts(selector: string): Promise<string[]> {
    return (await this.shown(selector)).allInnerTexts()
  }

  /** The number of elements that match at the moment. */
  async count(selector: string | Locator): Promise<number> {
    return (await this.shown(selector)).count()
  }

  async attribute(selector: string, name: string): Promise<string | null> {
    return (await this.shown(selector)).first().getAttribute(name)
  }

  /** The elements that match once the effects of what was done before are shown. */
  async shown(selector: string | Locator): Promise<Locator> {
    await this.current.rendered()
    return typeof selector === 'string' ? this.page.locator(selector) : selector
  }

  private get current(): PanelPage {
    if (this.panel === undefined) throw new Error('no panel is open')
    return this.panel
  }
}

/** Reads again until the matcher that follows holds. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: TIMEOUT_MS })
}
