// @ts-check
import { fileURLToPath } from 'node:url'
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce'
import { COMPANION, COMPANION_VSIX, REPO, VSIX } from './paths.mjs'

/**
 * Packages both extensions, each as one VSIX for all platforms. vsce runs `vscode:prepublish`, which builds both for
 * release. Each extension's .vscodeignore lists the files in its VSIX.
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
    dependencies: false, // esbuild bundles them
    allowMissingRepository: true,
    rewriteRelativeLinks: false, // there is no repository that they could point to
  })
}

/**
 * @param {string} folder of an extension
 * @returns {Promise<string[]>} the files that its VSIX contains, relative to the folder
 */
export function packagedFiles(folder) {
  return listFiles({ cwd: folder, packageManager: PackageManager.None })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packageExtensions()
