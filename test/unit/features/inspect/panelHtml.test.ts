import { describe, expect, it } from 'vitest'
import { panelHtml } from '../../../../src/features/inspect/panel/panelHtml'

describe('The policy of the panel’s page', () => {
  it.each(['default-src', 'base-uri', 'form-action'])('allows nothing for %s', (directive) => {
    const html = panelHtml({ scriptUri: 's', styleUri: 't', cspSource: 'source', nonce: 'n' })
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? ''
    expect(policy.split('; ')).toContain(`${directive} 'none'`)
  })
})
