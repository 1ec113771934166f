// @ts-check
// `npm run package` makes the VSIXs of all extensions; Logitscope Native's for this machine, or with `--target all` for all.
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createVSIX, listFiles, PackageManager } from '@vscode/vsce'
import { runMain, SetupError } from './failure.mjs'
import { buildNative, installNativeRuntime } from './native.mjs'
import { NATIVE_TARGETS, targetOfThisMachine } from './nativeTargets.mjs'
import { NOTICES_FILE, packagesOf, thirdPartyNotices } from './notices.mjs'
import { CACHE, COMPANION, COMPANION_VSIX, NATIVE, nativeVsix, REPO, VSIX } from './paths.mjs'

/** @typedef {import('./nativeTargets.mjs').NativeTarget} NativeTarget */

/**
 * Packages Logitscope and its companion, each as one VSIX for all platforms. vsce runs `vscode:prepublish`, which builds
 * both for release. Each extension's .vscodeignore lists the files in its VSIX.
 */
export async function packageExtensions() {
  await pack(REPO, { packagePath: VSIX })
  await pack(COMPANION, { packagePath: COMPANION_VSIX })
}

/**
 * Packages Logitscope Native, one VSIX for each target, and removes those of earlier runs, so that no old one is
 * published.
 *
 * @param {readonly NativeTarget[]} [targets] by default this machine's, if it has one
 * @throws {SetupError} when the installation of the native runtime fails
 */
export async function packageNative(targets = [targetOfThisMachine() ?? []].flat()) {
  const earlier = (await readdir(REPO)).filter((name) => /^logitscope-native-.*\.vsix$/.test(name))
  await Promise.all(earlier.map((name) => rm(join(REPO, name))))
  if (targets.length === 0) return
  const nodeModules = await installNativeRuntime(targets)
  for (const target of targets) {
    const folder = await stageNative(target, nodeModules)
    await pack(folder, { packagePath: nativeVsix(target), target })
    await rm(folder, { recursive: true })
  }
}

/** The files of Logitscope Native that are the same for all targets. */
const NATIVE_FILES = ['package.json', 'README.md', 'LICENSE', '.vscodeignore']

/**
 * Collects the files of one target in a folder of the cache: `native/dist` is always this machine's.
 *
 * @param {NativeTarget} target
 * @param {string} nodeModules
 * @returns {Promise<string>} the folder
 */
async function stageNative(target, nodeModules) {
  const folder = join(CACHE, 'native-package', target)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all(NATIVE_FILES.map((name) => copyFile(join(NATIVE, name), join(folder, name))))
  const { inputs } = await buildNative({ target, folder, nodeModules })
  const notices = await thirdPartyNotices(packagesOf(Object.keys(inputs)), { nodeModules })
  await writeFile(join(folder, NOTICES_FILE), notices)
  return folder
}

/** @param {string} folder @param {{ packagePath: string, target?: NativeTarget }} options */
async function pack(folder, options) {
  await createVSIX({
    cwd: folder,
    dependencies: false, // esbuild bundles them
    allowMissingRepository: true,
    rewriteRelativeLinks: false, // there is no repository that they could point to
    ...options,
  })
}

/**
 * @param {string} folder of an extension
 * @returns {Promise<string[]>} the files that its VSIX contains, relative to the folder
 */
export function packagedFiles(folder) {
  return listFiles({ cwd: folder, packageManager: PackageManager.None })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const { target } = parseArgs({ options: { target: { type: 'string' } } }).values
    if (target !== undefined && target !== 'all') {
      throw new SetupError('The only value of --target is all; without it, the VSIX is for this machine.')
    }
    await packageExtensions()
    await packageNative(target === 'all' ? NATIVE_TARGETS : undefined)
  })
}
