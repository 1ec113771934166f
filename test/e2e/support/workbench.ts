import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core'
import { CACHE, SAMPLE, VSIX } from '../../../scripts/paths.mjs'
import { startVscodeHost } from '../../hosts/vscodeHost.mjs'
import { launchWorkbenchBrowser, openWindow } from '../../hosts/workbenchBrowser.mjs'

const SCREENSHOTS = process.env.LOGITSCOPE_SCREENSHOTS ?? join(CACHE, 'screenshots')

/** How long any one thing may take to appear. */
export const APPEAR_LIMIT_MS = 20_000
/** How long the focus may take to come back before it is asked for again. */
const FOCUS_LIMIT_MS = 3_000
const FOCUS_TRIES = 4

/** The folder's own settings are the tests', and not a part of the picture. */
const SETTINGS = { 'files.exclude': { '**/.vscode': true }, 'files.autoSave': 'off' }

/** VS Code's names of its themes, and the class by which the workbench shows that one is on. */
export const THEMES = {
  dark: { name: 'Default Dark Modern', className: 'vs-dark' },
  light: { name: 'Default Light Modern', className: 'vs' },
  highContrast: { name: 'Default High Contrast', className: 'hc-black' },
  highContrastLight: { name: 'Default High Contrast Light', className: 'hc-light' },
} as const

/** The address of a webview or a name of ours. */
const OURS = /vscode-cdn\.net|webview\/browser\/pre|logitscope\./

export type Theme = keyof typeof THEMES

export interface Viewport {
  readonly width: number
  readonly height: number
}

export interface WorkbenchOptions {
  readonly theme?: Theme
  readonly viewport?: Viewport
  /** Settings that only the machine may have. */
  readonly machineSettings?: Record<string, unknown>
}

/**
 * Opens VS Code with the packaged extension installed, on a copy of the sample folder that goes with it.
 * The caller disposes it.
 */
export async function openWorkbench({
  theme = 'dark',
  viewport = { width: 1400, height: 900 },
  machineSettings,
}: WorkbenchOptions = {}): Promise<Workbench> {
  const folder = join(await mkdtemp(join(tmpdir(), 'logitscope-test-')), 'sample')
  await cp(SAMPLE, folder, { recursive: true })
  const host = await startVscodeHost({ vsix: VSIX, settings: SETTINGS, machineSettings })
  const browser = await launchWorkbenchBrowser()
  const page = await openWindow(browser, { viewport, permissions: ['clipboard-read', 'clipboard-write'] })
  page.setDefaultTimeout(APPEAR_LIMIT_MS)

  const workbench = new Workbench(page, folder, browser, host)
  await workbench.setTheme(theme)
  await page.goto(host.folderUrl(folder))
  await workbench.ready()
  return workbench
}

/** The workbench as a person has it: keys, the mouse, and what can be seen. */
export class Workbench {
  /** Errors of the panel and of the extension; what VS Code says of itself is not among them. */
  readonly consoleErrors: string[] = []
  #settings: Record<string, unknown> = {}

  constructor(
    readonly page: Page,
    /** The folder that is open. */
    readonly folder: string,
    private readonly browser: { close(): Promise<void> },
    private readonly host: { dispose(): Promise<void> },
  ) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.noteError(`${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', (error) => this.noteError(error.stack ?? error.message))
  }

  /** Resolves when the window has been laid out and can be used. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor()
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor()
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.ready()
  }

  /** Runs a command by its title with its category, `Logitscope: Inspect Logits`. */
  async runCommand(title: string): Promise<void> {
    const entries = await this.searchCommands(title)
    await entries
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first()
      .waitFor()
    await this.page.keyboard.press('Enter')
    await this.quickInput.waitFor({ state: 'hidden' })
  }

  /** Opens the command palette with these words in it; what it offers. */
  async searchCommands(words: string): Promise<Locator> {
    await this.page.keyboard.press('F1')
    await this.quickInputField.fill(`>${words}`)
    return this.quickInput.locator('.monaco-list-row')
  }

  /** Opens a file of the folder, and puts the cursor at its start. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+p')
    await this.quickInputField.fill(name)
    await this.quickInput.locator('.monaco-list-row.focused', { hasText: name }).waitFor()
    await this.page.keyboard.press('Enter')
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor()
    await this.page.keyboard.press('Control+Home')
  }

  /** Writes a file into the folder and opens it from the explorer: the search knows it only later. */
  async openNewFile(name: string, content: string): Promise<void> {
    await writeFile(join(this.folder, name), content)
    await this.runCommand('File: Focus on Files Explorer')
    await this.page.getByRole('treeitem', { name }).dblclick()
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor()
  }

  async focusEditor(): Promise<void> {
    // A webview that is going away may take the focus with it, so once is not always enough.
    for (let tries = 1; ; tries++) {
      await this.runCommand('View: Focus First Editor Group')
      try {
        return await this.editorHasFocus(tries === FOCUS_TRIES ? APPEAR_LIMIT_MS : FOCUS_LIMIT_MS)
      } catch (error) {
        if (tries === FOCUS_TRIES) throw error
      }
    }
  }

  /** Selects the first place where the active editor's text has this, which must be within a line. */
  async selectText(text: string): Promise<void> {
    await this.focusEditor()
    await this.page.keyboard.press('Control+Home')
    await this.page.keyboard.press('Control+f')
    const find = this.page.locator('.find-widget.visible')
    await find.locator('textarea').first().fill(text)
    await find.locator('.matchesCount', { hasText: /^1 of/ }).waitFor()
    await this.page.keyboard.press('Escape')
    await find.waitFor({ state: 'detached' })
    await this.page.getByText(/^Ln \d+, Col \d+ \(\d+ selected\)$/).waitFor()
  }

  /** Selects whole lines of the active editor, counted from 1, without the last one's end of line. */
  async selectLines(first: number, last: number): Promise<void> {
    await this.putCursor(first, 1)
    for (let line = first; line < last; line++) await this.page.keyboard.press('Shift+ArrowDown')
    await this.page.keyboard.press('Shift+End')
    await this.page.getByText(new RegExp(`^Ln ${last}, Col \\d+ \\(\\d+ selected\\)$`)).waitFor()
  }

  /** Puts the active editor's cursor at a line and column, counted from 1. */
  async putCursor(line: number, column: number): Promise<void> {
    await this.focusEditor()
    await this.page.keyboard.press('Control+g')
    await this.quickInputField.fill(`:${line}:${column}`)
    await this.page.keyboard.press('Enter')
    await this.editorHasFocus()
    await this.page.getByText(`Ln ${line}, Col ${column}`, { exact: true }).waitFor()
  }

  /** What the status bar says of the cursor, `Ln 1, Col 8 (7 selected)`. */
  async selectionStatus(): Promise<string> {
    return this.page.locator('.statusbar-item[id="status.editor.selection"]').innerText()
  }

  /** The panel's document, for what Playwright can wait for. */
  get panel(): FrameLocator {
    return this.panelShell.contentFrame().locator('#active-frame').contentFrame()
  }

  /** The panel's document, for what must be evaluated in it. */
  async panelFrame(): Promise<Frame> {
    const element = await this.panelShell.contentFrame().locator('#active-frame').elementHandle()
    const frame = await element?.contentFrame()
    if (!frame) throw new Error('the panel has no document')
    return frame
  }

  /** Changes settings of the folder; they replace those that were set here before under the same names. */
  async configure(settings: Record<string, unknown>): Promise<void> {
    this.#settings = { ...this.#settings, ...settings }
    await mkdir(join(this.folder, '.vscode'), { recursive: true })
    await writeFile(join(this.folder, '.vscode', 'settings.json'), JSON.stringify(this.#settings, null, 2))
  }

  async setTheme(theme: Theme): Promise<void> {
    const { name, className } = THEMES[theme]
    await this.configure({ 'workbench.colorTheme': name })
    if (this.page.url() === 'about:blank') return
    await this.page.locator(`.monaco-workbench.${className}`).waitFor()
  }

  async setViewport(viewport: Viewport): Promise<void> {
    await this.page.setViewportSize(viewport)
  }

  /** Leaves a picture of the window in the folder that LOGITSCOPE_SCREENSHOTS names, or in .cache/screenshots. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: screenshotPath(name) })
  }

  /** The same of a part of the window. */
  async screenshotOf(part: Locator, name: string): Promise<void> {
    await part.screenshot({ path: screenshotPath(name) })
  }

  /** Closes every editor and undoes what tests wrote into the files. */
  async reset(): Promise<void> {
    await this.runCommand('View: Close All Editor Groups')
    // What closing an editor saves must not come after what is put back.
    await this.page.locator('.editor-group-container .tab').first().waitFor({ state: 'detached' })
    await cp(SAMPLE, this.folder, { recursive: true })
  }

  async dispose(): Promise<void> {
    await this.browser.close()
    await this.host.dispose()
    await rm(dirname(this.folder), { recursive: true, force: true })
  }

  private async editorHasFocus(timeout = APPEAR_LIMIT_MS): Promise<void> {
    await this.page.locator('.editor-group-container .monaco-editor.focused').waitFor({ timeout })
  }

  private noteError(error: string): void {
    if (OURS.test(error)) this.consoleErrors.push(error)
  }

  /** The frame in which VS Code keeps the panel's own. */
  private get panelShell(): Locator {
    return this.page.locator('iframe.webview.ready[src*="extensionId=logitscope.logitscope"]')
  }

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget')
  }

  private get quickInputField(): Locator {
    return this.quickInput.locator('input.input')
  }
}

function screenshotPath(name: string): string {
  return join(SCREENSHOTS, `${name}.png`)
}
