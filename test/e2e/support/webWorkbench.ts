import { copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { packagedFiles } from '../../../scripts/package.mjs'
import { REPO, SAMPLE } from '../../../scripts/paths.mjs'
import { startVscodeWebHost } from '../../hosts/vscodeWebHost.mjs'
import { openWebWindow } from '../../hosts/workbenchBrowser.mjs'
import { APPEAR_LIMIT_MS, type Theme, THEMES, Workbench } from './workbench'

/** A quiet editor, as the one of the other tests. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'security.workspace.trust.enabled': false,
  'files.autoSave': 'off',
  'typescript.validate.enable': false,
  'typescript.disableAutomaticTypeAcquisition': true,
}

export interface WebWorkbenchOptions {
  /** Whether the window is cross-origin isolated. */
  readonly isolated: boolean
  /** Whether the window has a graphics adapter, in software. */
  readonly webGpu?: boolean
  /** What settings are where nobody has set them. */
  readonly defaults?: Record<string, unknown>
}

/**
 * Opens VS Code for the web with the files that the package has, on a copy of the sample folder.
 * The caller disposes it.
 */
export async function openWebWorkbench({
  isolated,
  webGpu = false,
  defaults,
}: WebWorkbenchOptions): Promise<WebWorkbench> {
  const place = await mkdtemp(join(tmpdir(), 'logitscope-web-test-'))
  const folder = join(place, 'sample')
  const extension = join(place, 'extension')
  await cp(SAMPLE, folder, { recursive: true })
  for (const file of await packagedFiles(REPO)) {
    await mkdir(dirname(join(extension, file)), { recursive: true })
    await copyFile(join(REPO, file), join(extension, file))
  }
  const host = await startVscodeWebHost({ folder, extension, isolated })
  const page = await openWebWindow(join(place, 'profile'), {
    webGpu,
    viewport: { width: 1440, height: 900 },
    // A page that was served by a test counts as one of the net, which may not frame what this machine serves.
    permissions: ['clipboard-read', 'clipboard-write', 'local-network-access'],
  })
  page.setDefaultTimeout(APPEAR_LIMIT_MS)
  const workbench = new WebWorkbench(page, folder, page.context(), host)
  await workbench.open(host.url, { ...SETTINGS, ...defaults })
  return workbench
}

/** A workbench that runs in the browser as a whole: what it changes stays there, and a folder is no folder of a disk. */
export class WebWorkbench extends Workbench {
  private defaults: Record<string, unknown> = {}

  async open(url: string, defaults: Record<string, unknown>): Promise<void> {
    this.defaults = defaults
    await serveDefaults(this.page, url, () => this.defaults)
    await this.page.goto(url)
    await this.ready()
  }

  /** The extension comes later than the window, and everything waits for it. */
  override async ready(): Promise<void> {
    await super.ready()
    await this.page.locator('.statusbar-item[id="logitscope.logitscope.status"]').waitFor()
  }

  /** As a person does it: what the window knows goes into the browser's storage only when it is asked to go. */
  override async reload(): Promise<void> {
    const title = 'Developer: Reload Window'
    const entries = await this.searchCommands(title)
    await entries
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first()
      .waitFor()
    const loaded = this.page.waitForEvent('load')
    await this.page.keyboard.press('Enter')
    await loaded
    await this.ready()
  }

  /** From the explorer: this folder cannot be searched for names. */
  override async openFile(name: string): Promise<void> {
    await this.runCommand('File: Focus on Files Explorer')
    await this.page.getByRole('treeitem', { name }).dblclick()
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor()
    await this.page.keyboard.press('Control+Home')
  }

  override async setTheme(theme: Theme): Promise<void> {
    const { name, className } = THEMES[theme]
    this.defaults = { ...this.defaults, 'workbench.colorTheme': name }
    await this.reload()
    await this.page.locator(`.monaco-workbench.${className}`).waitFor()
  }

  override async dispose(): Promise<void> {
    await super.dispose()
    await rm(dirname(this.folder), { recursive: true, force: true })
  }
}

/** Whoever embeds VS Code says in its page what the settings' defaults are. */
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
