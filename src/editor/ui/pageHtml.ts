export interface PageHtmlOptions {
  readonly title: string
  /** The custom element that the page consists of. */
  readonly element: `logitscope-${string}`
  /** `webviewSection` of the page's context menu. */
  readonly section: string
  readonly scriptUri: string
  readonly styleUri: string
  /** `webview.cspSource`: the source of the extension's own resources in a content security policy. */
  readonly cspSource: string
  /** Random and used for one document only. */
  readonly nonce: string
}

/** The document of a webview. Its policy allows one script and one stylesheet to load, and nothing else. */
export function pageHtml(options: PageHtmlOptions): string {
  const { title, element, section, scriptUri, styleUri, cspSource, nonce } = options
  const policy = [
    `default-src 'none'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
  ].join('; ')
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="stylesheet" href="${styleUri}" />
  </head>
  <body data-vscode-context='{ "webviewSection": "${section}" }'>
    <${element}></${element}>
    <script nonce="${nonce}" src="${scriptUri}"></script>
  </body>
</html>
`
}
