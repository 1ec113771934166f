import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { foundOfNode } from '../../scripts/nothingOfNode.mjs'

/** As the build does it for browsers, but that what is Node's is left where it is instead of refused. */
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
  return foundOfNode(metafile)
}

describe('What a browser gets', () => {
  it.each(['src/app/extension.web.ts', 'src/engine/worker/worker.web.ts', 'webview/main.ts'])(
    'holds nothing of Node: %s',
    async (entry) => {
      await expect(nodesIn(entry)).resolves.toEqual([])
    },
  )

  it('would be refused with what a machine has', async () => {
    await expect(nodesIn('src/app/extension.ts')).resolves.toContain('node:fs/promises')
  })
})
