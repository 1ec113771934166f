import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core'
import { CACHE, SAMPLE } from '../../../scripts/paths.mjs'
import { soon } from './soon'

const SCREENSHOTS = process.env.LOGITSCOPE_SCREENSHOTS ?? join(CACHE, 'screenshots')

/** How long an element may take to appear. */
export const APPEAR_LIMIT_MS = 30_000

/** A hover waits until the model has answered, however busy the machine is. */
export const SLOW_HOVER = { 'logitscope.hoverTimeLimit': 10_000 }

/** VS Code's names of its themes, the class that the workbench has while one is active, and the kind that webviews have. */
export const THEMES = {
  dark: { name: 'Default Dark Modern', className: 'vs-dark', kind: 'vscode-dark' },
  light: { name: 'Default Light Modern', className: 'vs', kind: 'vscode-light' },
  highContrast: { name: 'Default High Contrast', className: 'hc-black', kind: 'vscode-high-contrast' },
  highContrastLight: {
    name: 'Default High Contrast Light',
    className: 'hc-light',
    kind: 'vscode-high-contrast-light',
  },
} as const

/** The address of a webview, or a name of the extension. */
const FROM_EXTENSION = /vscode-cdn\.net|webview\/browser\/pre|logitscope\./

export type Theme = keyof typeof THEMES

export interface Viewport {
  readonly width: number
  readonly height: number
}

/** The workbench as the user operates it: keys, the mouse, and what is visible. */
export class Workbench {
  /** Errors of the panel and of the extension, without those of VS Code itself. */
  readonly consoleErrors: string[] = []
  /** The folder that is open. */
  readonly folder: string
  private settings: Record<string, unknown> = {}
  private settingsChanges = 0

  constructor(
    readonly page: Page,
    /** A temporary folder, deleted with the window. */
    private readonly place: string,
    private readonly close: () => Promise<void>,
  ) {
    this.folder = join(place, 'sample')
    page.on('console', (message) => {
      if (message.type() === 'error') this.noteError(`${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', (error) => this.noteError(error.stack ?? error.message))
  }

  /** Loads the window, with these settings of the folder. */
  async open(url: string, settings: Record<string, unknown>): Promise<void> {
    this.settings = settings
    await this.writeSettings()
    await this.page.goto(url)
    await this.ready()
  }

  /** Resolves when the window has been laid out and can be used. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor()
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor()
    // A palette that is opened before the extension's commands are known does not list them.
    await this.statusItem.waitFor()
  }

  /** Reloads the window with VS Code's command: it saves the window's state first, which a reload of the page may not. */
  async reload(): Promise<void> {
    await this.findCommand('Developer: Reload Window')
    const loaded = this.page.waitForEvent('load')
    await this.page.keyboard.press('Enter')
    await loaded
    await this.ready()
  }

  /** Runs a command by its title with its category, `Logitscope: Inspect Logits`. */
  async runCommand(title: string): Promise<void> {
    await this.findCommand(title)
    await this.page.keyboard.press('Enter')
    await this.quickInput.waitFor({ state: 'hidden' })
  }

  /** Opens the command palette and waits until this command is the one that Enter runs. */
  async findCommand(title: string): Promise<void> {
    // A panel that has just opened may take the focus late, which closes the palette.
    while (!(await soon((timeout) => this.showCommand(title, timeout))));
  }

  /** Opens the command palette with these words in it. Returns its entries. */
  async searchCommands(words: string, timeout = APPEAR_LIMIT_MS): Promise<Locator> {
    await this.page.keyboard.press('F1')
    await this.quickInputField.fill(`>${words}`, { timeout })
    return this.quickInput.locator('.monaco-list-row')
  }

  /** Opens a file of the folder, and puts the cursor at its start. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+p')
    await this.quickInputField.fill(name)
    await this.quickInput.locator('.monaco-list-row.focused', { hasText: name }).waitFor()
    await this.page.keyboard.press('Enter')
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor(name)
    await this.page.keyboard.press('Control+Home')
    await this.cursorAt(1, 1)
  }

  /** Writes a file into the folder and opens it from the explorer: the search finds it only later. */
  async openNewFile(name: string, content: string): Promise<void> {
    await writeFile(join(this.folder, name), content)
    await this.runCommand('File: Focus on Files Explorer')
    await this.page.getByRole('treeitem', { name }).dblclick()
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor(name)
  }

  /** Goes to the end of a document that a command has opened. */
  async goToEndOf(name: string): Promise<void> {
    await this.page.getByRole('tab', { name, selected: true }).waitFor()
    await this.focusEditor(name)
    await this.page.keyboard.press('Control+End')
  }

  /**
   * With a key, until it has the focus: the command palette, when it closes, returns the focus to the panel, late and
   * also from a document that a command has opened.
   *
   * @param name of the file that the editor must show
   */
  async focusEditor(name?: string): Promise<void> {
    do await this.page.keyboard.press('Control+1')
    while (!(await soon((timeout) => this.editorHasFocus(name, timeout))))
  }

  /**
   * Resolves when keys reach the active text editor.
   *
   * @param name of the file that it must show: its tab is selected before, while the editor shows another file
   */
  async editorHasFocus(name?: string, timeout = APPEAR_LIMIT_MS): Promise<void> {
    const file = name === undefined ? '' : `[data-uri*="/${encodeURIComponent(name)}"]`
    await this.page
      .locator(`.editor-group-container.active .monaco-editor.focused${file}`)
      .waitFor({ timeout })
  }

  /** Resolves when the cursor is at a line and column, counted from 1, and nothing is selected. */
  async cursorAt(line: number, column: number): Promise<void> {
    await this.page.getByText(`Ln ${line}, Col ${column}`, { exact: true }).waitFor()
  }

  /** Resolves when VS Code knows that the panel has the focus: a click gives it first to the page, later to the tab. */
  async panelHasFocus(): Promise<void> {
    await this.page
      .locator('.editor-group-container.active')
      .getByRole('tab', { name: /^Logits/, selected: true })
      .waitFor()
  }

  /** Restores the active editor's file. Resolves when it has no unsaved changes. */
  async revertFile(): Promise<void> {
    await this.runCommand('File: Revert File')
    await this.page.locator('.editor-group-container .tab.dirty').first().waitFor({ state: 'detached' })
  }

  /** Turns the heatmap of the active editor off. Resolves when its button has disappeared. */
  async hideSurprisal(): Promise<void> {
    await this.runCommand('Logitscope: Hide Surprisal in Editor')
    await this.hideButton.waitFor({ state: 'detached' })
  }

  /** Turns the heatmap of the active editor on. Resolves when its button says so. */
  async showSurprisal(): Promise<void> {
    await this.runCommand('Logitscope: Show Surprisal in Editor')
    await this.hideButton.waitFor()
  }

  /** Selects the first occurrence of a text, within a line, in the active editor. */
  async selectText(text: string): Promise<void> {
    await this.focusEditor()
    await this.page.keyboard.press('Control+Home')
    await this.page.keyboard.press('Control+f')
    const find = this.page.locator('.find-widget.visible')
    await find.locator('textarea').first().fill(text)
    await find.locator('.matchesCount', { hasText: /^1 of/ }).waitFor()
    await this.page.keyboard.press('Escape')
    await find.waitFor({ state: 'detached' })
    await this.page.getByText(new RegExp(`^Ln \\d+, Col \\d+ \\(${text.length} selected\\)$`)).waitFor()
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
    await this.cursorAt(line, column)
  }

  /** The status bar’s text about the cursor, such as `Ln 1, Col 8 (7 selected)`. */
  async selectionStatus(): Promise<string> {
    return this.page.locator('.statusbar-item[id="status.editor.selection"]').innerText()
  }

  /** The panel's document, for locators. */
  get panel(): FrameLocator {
    return this.panelShell.contentFrame().locator('#active-frame').contentFrame()
  }

  /** The panel's document, for scripts that are evaluated in it. */
  async panelFrame(): Promise<Frame> {
    const element = await this.panelShell.contentFrame().locator('#active-frame').elementHandle()
    const frame = await element?.contentFrame()
    if (!frame) throw new Error('the panel has no document')
    return frame
  }

  /**
   * Changes settings of the folder; others that were set before keep their value. Resolves when the window has applied
   * them.
   */
  async configure(settings: Record<string, unknown>): Promise<void> {
    this.settingsChanges++
    this.settings = { ...this.settings, ...settings, 'window.title': this.titleAfterChange }
    await this.writeSettings()
    // VS Code begins to watch the folder some time after the window is ready and may miss a first write.
    while (!(await this.hasTitle(this.titleAfterChange))) await this.writeSettings()
  }

  async setTheme(theme: Theme): Promise<void> {
    const { name, className, kind } = THEMES[theme]
    await this.configure({ 'workbench.colorTheme': name })
    await this.page.locator(`.monaco-workbench.${className}`).waitFor()
    if ((await this.panelShell.count()) > 0)
      await this.panel.locator(`body[data-vscode-theme-kind="${kind}"]`).waitFor()
  }

  async setViewport(viewport: Viewport): Promise<void> {
    await this.page.setViewportSize(viewport)
  }

  /** Saves a picture of the window in the folder that LOGITSCOPE_SCREENSHOTS names, or in .cache/screenshots. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: screenshotPath(name) })
  }

  /** Closes every editor and restores the files of the sample. */
  async reset(): Promise<void> {
    // A webview that has the focus when it is closed takes it away from the page: no key reaches the workbench then.
    // A panel that has just opened may take the focus back.
    do await this.runCommand('File: Focus on Files Explorer')
    while (!(await this.explorerHasFocus()))
    await this.runCommand('View: Close All Editor Groups')
    // An editor that closes may save its file, which must happen before the file is restored.
    await this.page.locator('.editor-group-container .tab').first().waitFor({ state: 'detached' })
    await this.panelShell.waitFor({ state: 'detached' })
    await this.restoreFiles()
  }

  async dispose(): Promise<void> {
    await this.page.context().close()
    await this.close()
    await rm(this.place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  /** The extension's entry in the status bar. */
  get statusItem(): Locator {
    return this.page.locator('.statusbar-item[id="logitscope.logitscope.status"]')
  }

  protected async restoreFiles(): Promise<void> {
    await cp(SAMPLE, this.folder, { recursive: true })
  }

  private async writeSettings(): Promise<void> {
    await mkdir(join(this.folder, '.vscode'), { recursive: true })
    await writeFile(join(this.folder, '.vscode', 'settings.json'), JSON.stringify(this.settings, null, 2))
  }

  /** The window's title once a change is applied. Titles differ only in characters that pictures do not show. */
  private get titleAfterChange(): string {
    return `sample${'\u200b'.repeat(this.settingsChanges)}`
  }

  private hasTitle(title: string): Promise<boolean> {
    return soon((timeout) =>
      this.page.waitForFunction((expected) => document.title === expected, title, { timeout }),
    )
  }

  private async showCommand(title: string, timeout: number): Promise<void> {
    const entries = await this.searchCommands(title, timeout)
    await entries
      .and(this.page.locator('.focused'))
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .waitFor({ timeout })
  }

  private explorerHasFocus(): Promise<boolean> {
    return soon((timeout) => this.page.locator('.explorer-folders-view:focus-within').waitFor({ timeout }))
  }

  private noteError(error: string): void {
    if (FROM_EXTENSION.test(error)) this.consoleErrors.push(error)
  }

  private get hideButton(): Locator {
    return this.page.getByRole('button', { name: 'Hide Surprisal in Editor' }).first()
  }

  /** The frame that contains the panel's own frame. */
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
