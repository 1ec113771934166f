import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { elementAt } from '../../src/shared/elementAt'

/**
 * The script of a page of the tested browser.
 * @param entryPoint its path in the repository
 */
export async function bundlePage(entryPoint: string): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`../../${entryPoint}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    keepNames: true,
    logLevel: 'error',
  })
  return elementAt(result.outputFiles, 0).text
}
