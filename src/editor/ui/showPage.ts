import * as vscode from 'vscode'
import { toBase64 } from '../../shared/text/base64'
import { pageHtml, type PageHtmlOptions } from './pageHtml'

export interface PageOptions extends Pick<PageHtmlOptions, 'title' | 'element' | 'section'> {
  /** Name of the page's script and stylesheet in `dist`, without extension. */
  readonly bundle: string
}

/** Loads a page of the extension into a webview. It may load nothing but its script and its stylesheet. */
export function showPage(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  { bundle, ...page }: PageOptions,
): void {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist')
  const uriOf = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString()
  webview.options = { enableScripts: true, localResourceRoots: [dist] }
  webview.html = pageHtml({
    ...page,
    scriptUri: uriOf(`${bundle}.js`),
    styleUri: uriOf(`${bundle}.css`),
    cspSource: webview.cspSource,
    nonce: toBase64(crypto.getRandomValues(new Uint8Array(16))),
  })
}
