import * as vscode from 'vscode'
import { showPage } from '../../../editor/ui/showPage'
import { parsePanelMessage } from '../../../shared/contracts/panel/parsePanelMessage'
import type { HostMessage, PanelMessage } from '../../../shared/contracts/panel/protocol'
import { emptyColumnBeside, PANEL_VIEW_TYPE } from './panelPlace'

const PANEL_NAME = 'Logitscope'

/**
 * The webview that shows an inspection. VS Code unloads its page while it is hidden and drops messages posted to it.
 * Each time the page loads, it sends `ready` and must be sent everything again.
 */
export class Panel implements vscode.Disposable {
  private readonly messages = new vscode.EventEmitter<PanelMessage>()
  readonly onMessage = this.messages.event

  /** Opens a new panel in a group of its own beside the editor, with the keyboard focus. */
  static async open(extensionUri: vscode.Uri, editor: vscode.TextEditor | undefined): Promise<Panel> {
    const webviewPanel = vscode.window.createWebviewPanel(
      PANEL_VIEW_TYPE,
      PANEL_NAME,
      await emptyColumnBeside(editor),
      { enableFindWidget: true },
    )
    return new Panel(webviewPanel, extensionUri)
  }

  constructor(
    private readonly webviewPanel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
  ) {
    const { webview } = webviewPanel
    webviewPanel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png')
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parsePanelMessage(value)
      if (message !== undefined) this.messages.fire(message)
    })
    showPage(webview, extensionUri, {
      title: PANEL_NAME,
      element: 'logitscope-panel',
      section: 'results',
      bundle: 'panel',
    })
  }

  get visible(): boolean {
    return this.webviewPanel.visible
  }

  get active(): boolean {
    return this.webviewPanel.active
  }

  /** Title of the tab; undefined for the panel's name. */
  set title(title: string | undefined) {
    this.webviewPanel.title = title ?? PANEL_NAME
  }

  onDispose(listener: () => void): void {
    this.webviewPanel.onDidDispose(listener)
  }

  post(message: HostMessage): void {
    void this.webviewPanel.webview.postMessage(message)
  }

  /** Reveals the panel where it is, with the keyboard focus. */
  focus(): void {
    this.webviewPanel.reveal()
  }

  /** Reveals a hidden panel where it is; the keyboard focus stays where it is. */
  reveal(): void {
    if (!this.visible) this.webviewPanel.reveal(undefined, true)
  }

  dispose(): void {
    this.webviewPanel.dispose()
    this.messages.dispose()
  }
}
