import * as vscode from 'vscode'
import { type HostMessage, type PanelMessage, parsePanelMessage } from '../../shared/contracts/protocol'
import { toBase64 } from '../../shared/text/base64'
import { panelHtml } from './panelHtml'

export const PANEL_VIEW_TYPE = 'logitscope.panel'

/**
 * The webview that shows an inspection. Its page lives only while it is visible: every time it comes to life it
 * says `ready`, and must be sent all that there is to show. VS Code drops what is posted in between.
 */
export class Panel implements vscode.Disposable {
  private readonly messages = new vscode.EventEmitter<PanelMessage>()
  readonly onMessage = this.messages.event

  /** Opens a new panel beside the active editor; it takes the keyboard's focus. */
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
    webview.options = { enableScripts: true, localResourceRoots: [dist, media] }
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parsePanelMessage(value)
      if (message !== undefined) this.messages.fire(message)
    })
    webview.html = panelHtml({
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(dist, 'panel.js')).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(media, 'panel.css')).toString(),
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

  /** What the tab says. */
  set title(title: string) {
    this.webviewPanel.title = title
  }

  onDispose(listener: () => void): void {
    this.webviewPanel.onDidDispose(listener)
  }

  post(message: HostMessage): void {
    void this.webviewPanel.webview.postMessage(message)
  }

  /** Brings the panel to the front where it is, with the keyboard's focus. */
  focus(): void {
    this.webviewPanel.reveal()
  }

  /** Brings a hidden panel to the front beside the active editor, never over it. */
  showBeside(): void {
    if (!this.visible) this.webviewPanel.reveal(vscode.ViewColumn.Beside, true)
  }

  dispose(): void {
    this.webviewPanel.dispose()
    this.messages.dispose()
  }
}
