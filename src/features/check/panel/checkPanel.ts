import * as vscode from 'vscode'
import { showPage } from '../../../editor/ui/showPage'
import type { CheckAction, CheckHostMessage } from '../../../shared/contracts/check/checkProtocol'
import { parseCheckMessage } from '../../../shared/contracts/check/parseCheckMessage'
import { assertNever } from '../../../shared/assertNever'

export const CHECK_VIEW_TYPE = 'logitscope.check'
const PANEL_NAME = 'Check My GPT-2'

export interface CheckPanelListener {
  /** The page has loaded and must be sent what it shows. VS Code unloads it while it is hidden. */
  onReady(): void
  onAction(action: CheckAction): void
  onClose(panel: CheckPanel): void
}

/** The webview of Check My GPT-2. */
export class CheckPanel implements vscode.Disposable {
  /** Opens the panel beside the editor. */
  static open(extensionUri: vscode.Uri, listener: CheckPanelListener): CheckPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false }
    const options = { enableFindWidget: true }
    return new CheckPanel(
      vscode.window.createWebviewPanel(CHECK_VIEW_TYPE, PANEL_NAME, place, options),
      extensionUri,
      listener,
    )
  }

  constructor(
    private readonly webviewPanel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    listener: CheckPanelListener,
  ) {
    const { webview } = webviewPanel
    webviewPanel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png')
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parseCheckMessage(value)
      switch (message?.type) {
        case undefined:
          return
        case 'ready':
          listener.onReady()
          return
        case 'act':
          listener.onAction(message.action)
          return
        default:
          assertNever(message)
      }
    })
    webviewPanel.onDidDispose(() => {
      listener.onClose(this)
    })
    showPage(webview, extensionUri, {
      title: PANEL_NAME,
      element: 'logitscope-check',
      section: 'check',
      bundle: 'check',
    })
  }

  get visible(): boolean {
    return this.webviewPanel.visible
  }

  post(message: CheckHostMessage): void {
    void this.webviewPanel.webview.postMessage(message)
  }

  reveal(): void {
    this.webviewPanel.reveal()
  }

  dispose(): void {
    this.webviewPanel.dispose()
  }
}
