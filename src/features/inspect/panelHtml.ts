export interface PanelHtmlOptions {
  readonly scriptUri: string
  readonly styleUri: string
  /** What VS Code calls its own resources in a policy. */
  readonly cspSource: string
  /** Random, for this document only. */
  readonly nonce: string
}

/** The panel's document: one script, one stylesheet, and nothing else may load or run. */
export function panelHtml({ scriptUri, styleUri, cspSource, nonce }: PanelHtmlOptions): string {
  const policy = [
    `default-src 'none'`,
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
    <title>Logitscope</title>
    <link rel="stylesheet" href="${styleUri}" />
  </head>
  <body data-vscode-context='{ "webviewSection": "results" }'>
    <logitscope-panel></logitscope-panel>
    <script nonce="${nonce}" src="${scriptUri}"></script>
  </body>
</html>
`
}
