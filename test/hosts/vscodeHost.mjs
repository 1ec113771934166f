// @ts-check
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, start, stop } from '../../scripts/processes.mjs'
import { ADDRESS, freePort } from './freePort.mjs'
import { waitForListening } from './listening.mjs'
import { installVscodeHost } from './vscodeHostInstall.mjs'
import { configFile, extensionsFolder, userDataFolder } from './vscodeServers.mjs'

const INSTALL_EXTENSION_LIMIT_MS = 60_000

/** Settings that keep VS Code from showing anything that the user did not open. */
export const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'security.workspace.trust.enabled': false,
  'git.enabled': false,
  'typescript.validate.enable': false, // a sample is an excerpt
}

/** @typedef {{ name: string, main?: string, browser?: string }} Manifest of an extension */

/**
 * @typedef {object} VscodeHost a running VS Code, to be opened in a browser
 * @property {string} url
 * @property {string} userSettingsFile the settings of the user, which all its windows share
 * @property {(folder: string, payload?: [string, string][]) => string} folderUrl
 * @property {() => Promise<void>} dispose stops it and everything that runs in it
 */

/**
 * @typedef {object} VscodeHostOptions
 * @property {string} [home] keeps its settings, extensions and state; without it they are deleted with the host
 * @property {number} [port] used if it is free
 * @property {Record<string, unknown>} [settings] additional user settings; an existing settings file is kept
 * @property {Record<string, unknown>} [machineSettings] settings of machine scope
 * @property {string} [vsix] an extension to install
 * @property {string[]} [extensions] folders of unpacked extensions, which are linked, not copied
 * @property {(manifest: Manifest) => boolean} [leavesOut] whether the window does without a built-in extension
 * @property {NodeJS.ProcessEnv} [env] additional variables for the extension host
 * @property {boolean} [automated] lets the page's address name extensions under development and tests to run
 * @property {(step: string) => void} [onProgress] of the first installation
 */

/**
 * Starts VS Code's server, and installs it first if it is missing.
 *
 * @param {VscodeHostOptions} options
 * @returns {Promise<VscodeHost>}
 * @throws {import('../../scripts/failure.mjs').SetupError} when the installation or the server fails
 */
export async function startVscodeHost(options) {
  const {
    port = 0,
    settings = {},
    machineSettings = {},
    vsix,
    extensions = [],
    leavesOut,
    env = {},
    automated = false,
    onProgress = () => {},
  } = options
  const { node, script, server: dialect, builtIn } = await installVscodeHost(onProgress)
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'logitscope-vscode-')))
  await writeHome(home, settings, machineSettings)
  const folders = dialect.folders(home)
  await linkExtensions(extensionsFolder(home), extensions)
  if (leavesOut !== undefined) await linkBuiltIn(builtIn, { to: join(home, 'built-in'), leavesOut })
  const environment = { ...withoutEditorVariables(process.env), ...env }

  if (vsix !== undefined) {
    await run(node, [script, ...folders, '--install-extension', vsix, '--force'], {
      env: environment,
      limitMs: INSTALL_EXTENSION_LIMIT_MS,
      output: 'collect',
    })
  }

  const server = start(
    node,
    [
      script,
      ...folders,
      ...dialect.listen(port === 0 ? 0 : await freePort(port)),
      ...(automated ? dialect.option('enable-smoke-test-driver') : []),
      ...(leavesOut === undefined ? [] : dialect.option('builtin-extensions-dir', join(home, 'built-in'))),
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const dispose = async () => {
    await stop(server)
    if (options.home === undefined) {
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  }
  try {
    const [, listening = ''] = await waitForListening(server, {
      name: 'The VS Code server',
      pattern: dialect.listening,
    })
    const url = `http://${ADDRESS}:${listening}`
    return {
      url,
      userSettingsFile: join(userDataFolder(home), 'User', 'settings.json'),
      folderUrl: (folder, payload) => folderUrl(url, folder, payload),
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/**
 * The URI by which the workbench addresses a file on the server's machine.
 *
 * @param {string} url of the server
 * @param {string} path
 */
export function remoteUri(url, path) {
  return `vscode-remote://${new URL(url).host}${path}`
}

/**
 * The address of a window with an open folder.
 *
 * @param {string} url of the server
 * @param {string} folder
 * @param {[string, string][]} [payload] options of the window
 */
export function folderUrl(url, folder, payload) {
  // A slash needs no escape in a query, and the address stays readable.
  const address = `${url}/?folder=${encodeURIComponent(folder).replaceAll('%2F', '/')}`
  return payload === undefined ? address : `${address}&payload=${encodeURIComponent(JSON.stringify(payload))}`
}

/**
 * @param {string} home
 * @param {Record<string, unknown>} settings
 * @param {Record<string, unknown>} machineSettings
 */
async function writeHome(home, settings, machineSettings) {
  const userData = userDataFolder(home)
  await writeSettings(join(userData, 'User'), { ...QUIET_SETTINGS, ...settings })
  await writeSettings(join(userData, 'Machine'), machineSettings)
  await writeFile(configFile(home), '{}\n')
}

/**
 * VS Code adds the extensions that it finds in the folder when it first starts.
 *
 * @param {string} folder
 * @param {string[]} extensions
 */
async function linkExtensions(folder, extensions) {
  await mkdir(folder, { recursive: true })
  for (const extension of extensions) {
    const { publisher, name, version } = JSON.parse(await readFile(join(extension, 'package.json'), 'utf8'))
    await symlink(extension, join(folder, `${publisher}.${name}-${version}`), 'junction')
  }
}

/**
 * Links built-in extensions into another folder.
 *
 * @param {string} from
 * @param {{ to: string, leavesOut: (manifest: Manifest) => boolean }} options
 */
async function linkBuiltIn(from, { to, leavesOut }) {
  await mkdir(to, { recursive: true })
  for (const name of await readdir(from)) {
    const manifest = join(from, name, 'package.json')
    if (!existsSync(manifest) || leavesOut(JSON.parse(await readFile(manifest, 'utf8')))) continue
    await symlink(join(from, name), join(to, name), 'junction')
  }
}

/**
 * Keeps an existing file: the user may have changed it.
 *
 * @param {string} folder
 * @param {Record<string, unknown>} settings
 */
async function writeSettings(folder, settings) {
  const file = join(folder, 'settings.json')
  await mkdir(folder, { recursive: true })
  if (!existsSync(file)) await writeFile(file, JSON.stringify(settings, null, 2))
}

/**
 * Without the variables by which a terminal inside VS Code would make the server talk to that VS Code instead.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutEditorVariables(env) {
  const foreign = /^(VSCODE_|CODE_SERVER_|ELECTRON_|PORT$|PASSWORD$|HASHED_PASSWORD$)/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)))
}
