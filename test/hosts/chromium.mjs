// @ts-check
import { join } from 'node:path'
import { installDebianPackage } from './debianPackage.mjs'
import { SetupError } from '../../scripts/failure.mjs'
import { findOnPath, isExecutable } from '../../scripts/processes.mjs'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]

/** Where installers put a browser that is not on the PATH. */
const PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      join(folder, 'Chromium/Application/chrome.exe'),
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]),
]

/** The advice to the user if Chromium is missing; the tests that need it are then skipped. */
export const CHROMIUM_MISSING =
  'Chromium is missing (Debian package chromium) and can be installed automatically only as root with apt-get. ' +
  'Install it, or set LOGITSCOPE_CHROMIUM to the path of its executable.'

/**
 * Finds the Chromium that tests and benches run in: the path in LOGITSCOPE_CHROMIUM, an installed browser, or the
 * Debian package, which is installed first if this process may install it.
 *
 * @returns {Promise<string>} the path of its executable
 * @throws {SetupError} if none is installed
 */
export async function findChromium() {
  const path = await findChromiumIfAny()
  if (path === undefined) throw new SetupError(CHROMIUM_MISSING)
  return path
}

/**
 * Like `findChromium`, but undefined if Chromium is missing and may not be installed.
 *
 * @returns {Promise<string | undefined>}
 * @throws {SetupError} when LOGITSCOPE_CHROMIUM is wrong, or installing the package fails
 */
export async function findChromiumIfAny() {
  const named = process.env.LOGITSCOPE_CHROMIUM
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new SetupError(`LOGITSCOPE_CHROMIUM is ${named}, which does not exist or is not executable.`)
  }
  const installed = findInstalled()
  if (installed !== undefined) return installed
  const purpose = 'the browser of the tests of the panel, VS Code for the web, WebGPU and the workbench'
  return (await installDebianPackage('chromium', purpose)) ? findInstalled() : undefined
}

/** @returns {string | undefined} */
function findInstalled() {
  return NAMES.map(findOnPath).find((path) => path !== undefined) ?? PLACES.find(isExecutable)
}
