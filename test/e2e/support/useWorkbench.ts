import { cp, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { SAMPLE } from '../../../scripts/paths.mjs'
import { folderUrl, QUIET_SETTINGS } from '../../hosts/vscodeHost.mjs'
import { connectToBrowser, openWindow } from '../../hosts/workbenchBrowser.mjs'
import { startCodeServer } from './codeServer'
import { hostsOfWorker } from './hostsOfWorker'
import { APPEAR_LIMIT_MS, type Theme, THEMES, Workbench } from './workbench'

export interface WorkbenchOptions {
  readonly theme?: Theme
  /** Settings of the folder, in effect from the start. */
  readonly settings?: Record<string, unknown>
  /**
   * Folders of extensions to install besides Logitscope, such as NATIVE of scripts/paths.mjs. The window then has a server of
   * its own, so that those extensions do not change the tests of other files.
   */
  readonly extensions?: readonly string[]
}

/**
 * Opens a window for the tests of the surrounding `describe` or file, and closes it after them. A test that fails leaves a
 * screenshot.
 */
export function useWorkbench(options: WorkbenchOptions = {}): () => Workbench {
  return useWindow(() => openWorkbench(options))
}

/** The same for any kind of window. */
export function useWindow<T extends Workbench>(open: () => Promise<T>): () => T {
  let workbench: T | undefined
  beforeAll(async () => {
    workbench = await open()
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await workbench?.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-')}`)
  })
  afterAll(async () => {
    await workbench?.dispose()
  })
  return () => {
    if (workbench === undefined) throw new Error('The window is open only while tests run.')
    return workbench
  }
}

/**
 * Opens a window of the shared VS Code, or of its own if it needs other extensions, on its own copy of the sample folder,
 * with the default user settings. The caller disposes it.
 */
async function openWorkbench({
  theme = 'dark',
  settings = {},
  extensions = [],
}: WorkbenchOptions): Promise<Workbench> {
  const { codeServer: shared, browser: endpoint, hubPort } = hostsOfWorker()
  const own = extensions.length === 0 ? undefined : await startCodeServer({ hubPort, extensions })
  const codeServer = own ?? shared
  const place = await mkdtemp(join(tmpdir(), 'logitscope-test-'))
  // Discards the changes of other files' tests.
  await writeFile(codeServer.userSettingsFile, JSON.stringify(USER_SETTINGS))
  const browser = await connectToBrowser(endpoint)
  const page = await openWindow(browser, {
    viewport: VIEWPORT,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  page.setDefaultTimeout(APPEAR_LIMIT_MS)

  const workbench = new Workbench(page, place, async () => {
    await browser.close()
    await own?.dispose()
  })
  await cp(SAMPLE, workbench.folder, { recursive: true })
  await workbench.open(folderUrl(codeServer.url, workbench.folder), {
    'workbench.colorTheme': THEMES[theme].name,
    ...settings,
  })
  return workbench
}

const VIEWPORT = { width: 1440, height: 900 }

/** Hides the folder's `.vscode`, which has the tests' settings, because it must not be in the pictures. */
const USER_SETTINGS = {
  ...QUIET_SETTINGS,
  'files.exclude': { '**/.vscode': true },
  'files.autoSave': 'off',
}
