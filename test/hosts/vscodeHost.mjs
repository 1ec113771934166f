// @ts-check
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SetupError } from '../../scripts/failure.mjs'
import { ADDRESS, freePort } from './freePort.mjs'
import { run, start, stop } from '../../scripts/processes.mjs'
import { installVscodeHost } from './vscodeHostInstall.mjs'

const LISTEN_LIMIT_MS = 60_000
const INSTALL_EXTENSION_LIMIT_MS = 60_000

/** A quiet editor: what it shows is what the person opened. */
const SETTINGS = {
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

/**
 * @typedef {object} VscodeHost a running VS Code, to be opened in a browser
 * @property {string} url
 * @property {(folder: string, payload?: [string, string][]) => string} folderUrl
 * @property {() => Promise<void>} dispose ends it and everything that runs in it
 */

/**
 * @typedef {object} VscodeHostOptions
 * @property {string} [home] keeps its settings, extensions and state; without it, they go with the host
 * @property {number} [port] to be used where it is free
 * @property {Record<string, unknown>} [settings] more of them; settings that a person has changed stay
 * @property {Record<string, unknown>} [machineSettings] settings of machine scope
 * @property {string} [vsix] an extension to install
 * @property {string[]} [extensions] folders of unpacked ones that are installed as they lie
 * @property {NodeJS.ProcessEnv} [env] more variables for the extension host
 * @property {boolean} [automated] lets the page's address name extensions under development, and tests to run
 * @property {(step: string) => void} [onProgress] of the first installation
 */

/**
 * Starts VS Code's server, which is installed first where it is missing.
 *
 * @param {VscodeHostOptions} options
 * @returns {Promise<VscodeHost>}
 */
export async function startVscodeHost(options) {
  const {
    port = 0,
    settings = {},
    machineSettings = {},
    vsix,
    extensions = [],
    env = {},
    automated = false,
    onProgress = () => {},
  } = options
  const { node, codeServer } = await installVscodeHost(onProgress)
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'logitscope-vscode-')))
  const folders = await prepareHome(home, settings, machineSettings)
  await linkExtensions(join(home, 'extensions'), extensions)
  const environment = { ...withoutEditorVariables(process.env), ...env }

  if (vsix !== undefined) {
    await run(node, [codeServer, ...folders, '--install-extension', vsix, '--force'], {
      env: environment,
      limitMs: INSTALL_EXTENSION_LIMIT_MS,
      output: 'collect',
    })
  }

  const server = start(
    node,
    [
      codeServer,
      ...folders,
      ...['--bind-addr', `${ADDRESS}:${await freePort(port)}`],
      ...['--auth', 'none'],
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
      '--disable-getting-started-override',
      ...(automated ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
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
    const url = await listeningAddress(server)
    return { url, folderUrl: (folder, payload) => folderUrl(url, folder, payload), dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

/**
 * How the workbench names a file of the machine that the server runs on.
 *
 * @param {string} url of the server
 * @param {string} path
 */
export function remoteUri(url, path) {
  return `vscode-remote://${new URL(url).host}${path}`
}

/** @param {string} url @param {string} folder @param {[string, string][]} [payload] */
function folderUrl(url, folder, payload) {
  // A slash needs no escape in a query, and an address is read by people.
  const address = `${url}/?folder=${encodeURIComponent(folder).replaceAll('%2F', '/')}`
  return payload === undefined ? address : `${address}&payload=${encodeURIComponent(JSON.stringify(payload))}`
}

/**
 * @param {string} home
 * @param {Record<string, unknown>} settings
 * @param {Record<string, unknown>} machineSettings
 * @returns {Promise<string[]>} the arguments that name its parts
 */
async function prepareHome(home, settings, machineSettings) {
  const userData = join(home, 'user-data')
  const config = join(home, 'config.yaml')
  await writeSettings(join(userData, 'User'), { ...SETTINGS, ...settings })
  await writeSettings(join(userData, 'Machine'), machineSettings)
  await writeFile(config, '{}\n')
  return ['--config', config, '--user-data-dir', userData, '--extensions-dir', join(home, 'extensions')]
}

/**
 * VS Code takes what it finds in there when it first starts.
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
 * What a person has changed since stays.
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
 * In the terminal of a running VS Code these would make the server talk to that one instead.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutEditorVariables(env) {
  const foreign = /^(VSCODE_|CODE_SERVER_|ELECTRON_|PORT$|PASSWORD$|HASHED_PASSWORD$)/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.test(name)))
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @returns {Promise<string>}
 */
function listeningAddress(server) {
  return new Promise((resolve, reject) => {
    const streams = [server.stdout, server.stderr]
    let output = ''
    /** @param {string} what */
    const fail = (what) => reject(new SetupError(`The VS Code server ${what}.\n${output.trim()}`))
    const limit = setTimeout(() => fail(`did not listen within ${LISTEN_LIMIT_MS / 1000} s`), LISTEN_LIMIT_MS)
    /** @param {unknown} chunk */
    const read = (chunk) => {
      output += String(chunk)
      const address = /HTTP server listening on (http:\/\/[^\s/]+)/.exec(output)?.[1]
      if (address === undefined) return
      clearTimeout(limit)
      // Nobody reads on, but a full pipe would stop the server.
      for (const stream of streams) stream?.off('data', read).resume()
      resolve(address)
    }
    for (const stream of streams) stream?.on('data', read)
    server.once('error', (error) => fail(`could not be started (${error.message})`))
    server.once('exit', (code) => fail(`ended with exit code ${code}`))
  })
}
