// @ts-check
import { fileURLToPath } from 'node:url'
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce'
import { REPO, VSIX } from './paths.mjs'

/** Builds (vsce runs vscode:prepublish) and packs the one VSIX for all platforms; .vscodeignore lists what is in it. */
export async function packageExtension() {
  await createVSIX({
    cwd: REPO,
    packagePath: VSIX,
    dependencies: false, // esbuild has bundled them
    allowMissingRepository: true,
    rewriteRelativeLinks: false, // without a repository there is nothing to point them at
  })
}

/**
 * The files that are packed, relative to the repository.
 *
 * @returns {Promise<string[]>}
 */
export function packagedFiles() {
  return listFiles({ cwd: REPO, packageManager: PackageManager.None })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packageExtension()
