import { describe, expect, it } from 'vitest'
import { pageHtml } from '../../../../src/editor/ui/pageHtml'

describe('The policy of a webview’s page', () => {
  it.each(['default-src', 'base-uri', 'form-action'])('allows nothing for %s', (directive) => {
    const html = pageHtml({
      title: 'Logitscope',
      element: 'logitscope-panel',
      section: 'results',
      scriptUri: 's',
      styleUri: 't',
      cspSource: 'source',
      nonce: 'n',
    })
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    expect(policy.split('; ')).toContain(`${directive} 'none'`)
  })
})
