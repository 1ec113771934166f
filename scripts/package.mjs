// @ts-check
import { fileURLToPath } from 'node:url'
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce'
import { COMPANION, COMPANION_VSIX, REPO, VSIX } from './paths.mjs'

/**
 * Builds (vsce runs vscode:prepublish) and packs both extensions, each one VSIX for all platforms; their
 * .vscodeignore lists what is in them.
 */
export async function packageExtensions() {
  await pack(REPO, VSIX)
  await pack(COMPANION, COMPANION_VSIX)
}

/** @param {string} folder @param {string} vsix */
async function pack(folder, vsix) {
  await createVSIX({
    cwd: folder,
    packagePath: vsix,
    dependencies: false, // esbuild has bundled them
    allowMissingRepository: true,
    rewriteRelativeLinks: false, // without a repository there is nothing to point them at
  })
}

/**
 * The files that are packed of an extension, relative to its folder.
 *
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export function packagedFiles(folder) {
  return listFiles({ cwd: folder, packageManager: PackageManager.None })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packageExtensions()
