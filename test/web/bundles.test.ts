import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { findNodeImports } from '../../scripts/nodeImports.mjs'

/** Bundles as the build does for browsers, but keeps imports of Node's modules instead of rejecting them. */
async function nodesIn(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../../${entry}`, import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    external: ['vscode', 'node:*'],
    logLevel: 'silent',
  })
  return findNodeImports(metafile)
}

describe('A bundle for browsers', () => {
  it.each(['src/app/extension.web.ts', 'src/engine/worker/worker.web.ts', 'webview/main.ts'])(
    'contains no module of Node: %s',
    async (entry) => {
      await expect(nodesIn(entry)).resolves.toEqual([])
    },
  )

  it('of the desktop’s entry point would be rejected', async () => {
    await expect(nodesIn('src/app/extension.ts')).resolves.toContain('node:fs/promises')
  })
})
