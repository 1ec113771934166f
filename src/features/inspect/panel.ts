import * as vscode from 'vscode'
import { type HostMessage, type PanelMessage, parsePanelMessage } from '../../shared/contracts/protocol'
import { toBase64 } from '../../shared/text/base64'
import { panelHtml } from './panelHtml'

export const PANEL_VIEW_TYPE = 'logitscope.panel'

/**
 * The webview that shows an inspection. VS Code unloads its page while it is hidden and drops messages posted to it.
 * Each time the page loads, it sends `ready` and must be sent everything again.
 */
export class Panel implements vscode.Disposable {
  private readonly messages = new vscode.EventEmitter<PanelMessage>()
  readonly onMessage = this.messages.event

  /** Opens a new panel next to the active editor, with the keyboard focus. */
  static open(extensionUri: vscode.Uri): Panel {
    const webviewPanel = vscode.window.createWebviewPanel(
      PANEL_VIEW_TYPE,
      'Logitscope',
      vscode.ViewColumn.Beside,
      { enableFindWidget: true },
    )
    return new Panel(webviewPanel, extensionUri)
  }

  constructor(
    private readonly webviewPanel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
  ) {
    const { webview } = webviewPanel
    const dist = vscode.Uri.joinPath(extensionUri, 'dist')
    const media = vscode.Uri.joinPath(extensionUri, 'media')
    webviewPanel.iconPath = vscode.Uri.joinPath(media, 'icon.png')
    webview.options = { enableScripts: true, localResourceRoots: [dist] }
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parsePanelMessage(value)
      if (message !== undefined) this.messages.fire(message)
    })
    webview.html = panelHtml({
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.js')).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.css')).toString(),
      cspSource: webview.cspSource,
      nonce: toBase64(crypto.getRandomValues(new Uint8Array(16))),
    })
  }

  get visible(): boolean {
    return this.webviewPanel.visible
  }

  get active(): boolean {
    return this.webviewPanel.active
  }

  /** Title of the tab. */
  set title(title: string) {
    this.webviewPanel.title = title
  }

  onDispose(listener: () => void): void {
    this.webviewPanel.onDidDispose(listener)
  }

  post(message: HostMessage): void {
    void this.webviewPanel.webview.postMessage(message)
  }

  /** Reveals the panel in its editor group, with the keyboard focus. */
  focus(): void {
    this.webviewPanel.reveal()
  }

  /** Reveals a hidden panel next to the active editor, never on top of it. */
  showBeside(): void {
    if (!this.visible) this.webviewPanel.reveal(vscode.ViewColumn.Beside, true)
  }

  dispose(): void {
    this.webviewPanel.dispose()
    this.messages.dispose()
  }
}
