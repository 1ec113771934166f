import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { QUIET_SETTINGS } from '../../hosts/vscodeHost.mjs'
import { openWebWindow } from '../../hosts/workbenchBrowser.mjs'
import { hostsOfWorker } from './hostsOfWorker'
import { useWindow } from './useWorkbench'
import { APPEAR_LIMIT_MS, Workbench } from './workbench'

const SETTINGS = {
  ...QUIET_SETTINGS,
  'files.autoSave': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
}

export interface WebWorkbenchOptions {
  /** Whether the window is cross-origin isolated, so that it can have threads. */
  readonly isolated: boolean
  /** Whether the window has a software graphics adapter. */
  readonly webGpu?: boolean
  /** Defaults of settings. */
  readonly defaults?: Record<string, unknown>
}

/**
 * Opens a window of VS Code for the web, with the files of the package, for the tests of the surrounding `describe` or file,
 * and closes it after them.
 */
export function useWebWorkbench(options: WebWorkbenchOptions): () => WebWorkbench {
  return useWindow(() => openWebWorkbench(options))
}

async function openWebWorkbench({
  isolated,
  webGpu = false,
  defaults,
}: WebWorkbenchOptions): Promise<WebWorkbench> {
  const { web } = hostsOfWorker()
  const place = await mkdtemp(join(tmpdir(), 'logitscope-web-test-'))
  const page = await openWebWindow(join(place, 'profile'), {
    webGpu,
    viewport: { width: 1440, height: 900 },
    // Chromium counts a page whose response a test has changed as a public one, which may not embed local frames.
    permissions: ['clipboard-read', 'clipboard-write', 'local-network-access'],
  })
  page.setDefaultTimeout(APPEAR_LIMIT_MS)
  const workbench = new WebWorkbench(page, place, () => Promise.resolve())
  await workbench.open(isolated ? web.isolatedUrl : web.url, { ...SETTINGS, ...defaults })
  return workbench
}

/** A workbench that runs completely in the browser: changed files stay there, and the folder is not one of the disk. */
export class WebWorkbench extends Workbench {
  private defaults: Record<string, unknown> = {}

  override async open(url: string, defaults: Record<string, unknown>): Promise<void> {
    this.defaults = defaults
    await serveDefaults(this.page, url, () => this.defaults)
    await this.page.goto(url)
    await this.ready()
  }

  /** From the explorer: names of files cannot be searched in this folder. */
  override async openFile(name: string): Promise<void> {
    await this.runCommand('File: Focus on Files Explorer')
    await this.page.getByRole('treeitem', { name }).dblclick()
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor(name)
    await this.page.keyboard.press('Control+Home')
    await this.cursorAt(1, 1)
  }

  /** Changes the defaults of settings, which needs a reload. */
  override async configure(settings: Record<string, unknown>): Promise<void> {
    this.defaults = { ...this.defaults, ...settings }
    await this.reload()
  }

  protected override restoreFiles(): Promise<void> {
    return Promise.resolve()
  }
}

/** Writes the defaults of settings into the page, where a site that embeds VS Code puts them. */
async function serveDefaults(
  page: Page,
  url: string,
  defaults: () => Record<string, unknown>,
): Promise<void> {
  await page.route(url, async (route) => {
    const response = await route.fetch()
    const inAttribute = JSON.stringify(defaults()).replaceAll('"', '&quot;')
    const body = (await response.text()).replace(
      '{&quot;productConfiguration',
      `{&quot;configurationDefaults&quot;:${inAttribute},&quot;productConfiguration`,
    )
    await route.fulfill({ response, body })
  })
}
