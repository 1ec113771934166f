import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'

import type { Inspection } from '../../src/shared/contracts/prediction'
import type { PanelMessage } from '../../src/shared/contracts/protocol'
import {
  type OpenOptions,
  type PanelHarness,
  type PanelPage,
  startPanelHarness,
  vocabulary,
} from '../support/panel/panelHarness'
import { referenceInspection } from '../support/reference/referenceInspection'

/** Long enough for a busy machine; a condition that holds is not waited for. */
const PATIENCE_MS = 15_000

/** 85 tokens of TypeScript, with the numbers that PyTorch gives. */
export const typescript = referenceInspection('typescript +bos', vocabulary)

/** A browser for the tests of a file; each test has a panel of its own, which must end without complaints. */
export function panelUnderTest(): PanelUnderTest {
  const test = new PanelUnderTest()
  beforeAll(() => test.start())
  afterEach(() => test.closePanel())
  afterAll(() => test.stop())
  return test
}

export class PanelUnderTest {
  private harness: PanelHarness | undefined
  private panel: PanelPage | undefined

  async start(): Promise<void> {
    this.harness = await startPanelHarness()
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
  async show(inspection: Inspection, options?: OpenOptions): Promise<PanelPage> {
    const panel = await this.open(options)
    await panel.send({ type: 'showInspection', inspection, focus: true })
    await panel.page.locator('[role=grid]:focus').waitFor()
    return panel
  }

  async closePanel(): Promise<void> {
    const { panel } = this
    this.panel = undefined
    if (panel === undefined) return
    await panel.page.close()
    expect(panel.complaints).toEqual([])
  }

  get page() {
    return this.current.page
  }

  /** The last message of a type, as soon as the panel has posted one that fits. */
  posted<T extends PanelMessage['type']>(
    type: T,
    fits: Partial<Extract<PanelMessage, { type: T }>> = {},
  ): Promise<Extract<PanelMessage, { type: T }>> {
    return vi.waitFor(
      async () => {
        const messages = await this.current.messages(type)
        expect(messages.at(-1)).toMatchObject(fits)
        return messages[messages.length - 1]
      },
      { timeout: PATIENCE_MS },
    )
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).first().innerText()
  }

  attribute(selector: string, name: string): Promise<string | null> {
    return this.page.locator(selector).first().getAttribute(name)
  }

  private get current(): PanelPage {
    if (this.panel === undefined) throw new Error('no panel is open')
    return this.panel
  }
}

/** Holds as soon as what `read` gives fulfils the matcher that follows. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: PATIENCE_MS })
}
