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

/** Where an installer puts a browser without putting it on the PATH. */
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

/**
 * Finds the Chromium that tests run in: named by LOGITSCOPE_CHROMIUM, installed, or now installed from
 * Debian where that is allowed.
 *
 * @returns {Promise<string>}
 */
export async function findChromium() {
  const named = process.env.LOGITSCOPE_CHROMIUM
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new SetupError(`LOGITSCOPE_CHROMIUM names ${named}, which is not there or not executable.`)
  }
  return findInstalled() ?? (await installDebians()) ?? refuse()
}

/** @returns {string | undefined} */
function findInstalled() {
  return NAMES.map(findOnPath).find((path) => path !== undefined) ?? PLACES.find(isExecutable)
}

/** @returns {Promise<string | undefined>} */
async function installDebians() {
  return (await installDebianPackage('chromium')) ? findInstalled() : undefined
}

/** @returns {never} */
function refuse() {
  throw new SetupError(
    'The tests need Chromium or Chrome. Install one, or set LOGITSCOPE_CHROMIUM to the path of its executable.',
  )
}
