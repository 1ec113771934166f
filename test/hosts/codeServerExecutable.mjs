#!/usr/bin/env node
// @ts-check
// Stands in for VS Code's desktop executable where that cannot be downloaded: @vscode/test-electron starts
// it as it would start VS Code. It runs the suite in the real extension host of a browser-served VS Code,
// under a real workbench, and ends with the suite's exit code.
import { resolve } from 'node:path'
import { format, parseArgs } from 'node:util'
import { runMain, SetupError } from '../../scripts/failure.mjs'
import { remoteUri, startVscodeHost } from './vscodeHost.mjs'
import { launchWorkbenchBrowser, openWindow } from './workbenchBrowser.mjs'

const SUITE_LIMIT_MS = 8 * 60_000

/** The workbench takes its key bindings from the browser's platform. */
const USER_AGENTS = {
  linux: 'Mozilla/5.0 (X11; Linux x86_64)',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)',
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
}

/** What VS Code itself says without a network, and without the native modules that npm did not build. */
const NOISE = /open-vsx|AccountPolicyGate|AgentHost|Creating a socket|spdlog|native-watchdog/

await runMain(async () => {
  const { values, positionals } = parseArgs({
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true, default: [] },
      extensionTestsPath: { type: 'string' },
    },
    strict: false, // the rest is for a desktop
    allowPositionals: true,
  })
  // A window under test knows one extension under development; the others are installed.
  const [extension = process.cwd(), ...others] = [values.extensionDevelopmentPath ?? []].flat().map(String)
  const host = await startVscodeHost({ automated: true, extensions: others })
  try {
    process.exitCode = await runSuite(host, {
      extension,
      tests: String(values.extensionTestsPath),
      folder: positionals[0],
    })
  } finally {
    await host.dispose()
  }
})

/**
 * @param {import('./vscodeHost.mjs').VscodeHost} host
 * @param {{ extension: string, tests: string, folder: string | undefined }} what
 * @returns {Promise<number>} the exit code
 */
async function runSuite(host, { extension, tests, folder }) {
  const browser = await launchWorkbenchBrowser({ webGpu: process.env.LOGITSCOPE_BROWSER_WEBGPU === '1' })
  try {
    const page = await openWindow(browser, { viewport: { width: 1400, height: 900 }, userAgent: userAgent() })
    const ended = suiteEnd(page)
    await page.exposeFunction('codeAutomationLog', forwardLog)
    await page.goto(
      host.folderUrl(folder ?? process.cwd(), [
        entry('extensionDevelopmentPath', extension),
        entry('extensionTestsPath', tests),
      ]),
    )
    return await ended
  } finally {
    await browser.close()
  }

  /** @param {string} name @param {string} path @returns {[string, string]} */
  function entry(name, path) {
    return [name, remoteUri(host.url, resolve(path))]
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number>}
 */
function suiteEnd(page) {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new SetupError(`The suite did not end within ${SUITE_LIMIT_MS / 60_000} min.`)),
      SUITE_LIMIT_MS,
    )
    page.on('crash', () => reject(new SetupError('The workbench crashed.')))
    page
      .exposeFunction('codeAutomationExit', (/** @type {number} */ code) => {
        clearTimeout(limit)
        resolve(code)
      })
      .catch(reject)
  })
}

/** @param {string} type of the console's method @param {unknown[]} args */
function forwardLog(type, args) {
  const line = format(...args)
  if (NOISE.test(line)) return
  const stream = type === 'error' || type === 'warn' ? process.stderr : process.stdout
  stream.write(`${line}\n`)
}

function userAgent() {
  const platform = process.env.LOGITSCOPE_BROWSER_PLATFORM ?? 'linux'
  if (platform in USER_AGENTS) return USER_AGENTS[/** @type {keyof typeof USER_AGENTS} */ (platform)]
  throw new SetupError(
    `LOGITSCOPE_BROWSER_PLATFORM is ${platform}, not one of ${Object.keys(USER_AGENTS).join(', ')}.`,
  )
}
