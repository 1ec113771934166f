// @ts-check
import { format } from 'node:util'
import { SetupError } from '../../scripts/failure.mjs'
import { remoteUri, startVscodeHost } from './vscodeHost.mjs'
import { launchWorkbenchBrowser, openWindow } from './workbenchBrowser.mjs'

/** Limit of one window's tests. */
const WINDOW_LIMIT_MS = 15 * 60_000

const VIEWPORT = { width: 1440, height: 900 }

/** The workbench takes its key bindings from the browser's platform. */
const USER_AGENTS = {
  linux: 'Mozilla/5.0 (X11; Linux x86_64)',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)',
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
}

/** Expected output: of opening and closing a window, of the missing network, of native modules that npm did not build. */
const NOISE =
  /open-vsx|AccountPolicyGate|AgentHost|Creating a socket|spdlog|native-watchdog|^\[lifecycle\]|grace-time|connection token|builtin extensions cache|\[Service Worker\]|^SettingsEditor2|Canceled: Canceled|ChatModelSelection/

/** @typedef {keyof typeof USER_AGENTS} Platform */

/**
 * @typedef {object} ServedTests
 * @property {{ entry: string, platform: Platform }[]} windows the module whose `run()` runs the tests, and the platform
 *   that the browser claims to have
 * @property {string} folder that every window opens
 * @property {string} extension under development
 * @property {string[]} others installed extensions: a window under test has only one under development
 * @property {boolean} webGpu whether the windows have a software graphics adapter
 */

/**
 * Runs tests in real extension hosts under a real workbench, one window after the other, with one server and one
 * browser. It does not report which tests passed: `run()` writes the results.
 *
 * @param {ServedTests} tests
 * @throws {SetupError} when a window crashes or its tests do not end in time
 */
export async function runServedExtensionTests({ windows, folder, extension, others, webGpu }) {
  const host = await startVscodeHost({
    automated: true,
    extensions: others,
    // It starts servers for TypeScript files, and has no key bindings that ours could collide with.
    leavesOut: ({ name }) => name === 'typescript-language-features',
  })
  try {
    const browser = await launchWorkbenchBrowser({ webGpu })
    try {
      for (const { entry, platform } of windows) {
        const url = host.folderUrl(folder, [
          ['extensionDevelopmentPath', remoteUri(host.url, extension)],
          ['extensionTestsPath', remoteUri(host.url, entry)],
        ])
        await runInWindow(browser, url, USER_AGENTS[platform])
      }
    } finally {
      await browser.close()
    }
  } finally {
    await host.dispose()
  }
}

/**
 * Opens a window and waits until its tests have ended.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} userAgent
 */
async function runInWindow(browser, url, userAgent) {
  const page = await openWindow(browser, { viewport: VIEWPORT, userAgent })
  try {
    const ended = testsEnd(page)
    await page.exposeFunction('codeAutomationLog', forwardLog)
    await page.goto(url)
    await ended
  } finally {
    await page.context().close()
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<void>}
 */
function testsEnd(page) {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new SetupError(`The tests did not end within ${WINDOW_LIMIT_MS / 60_000} min.`)),
      WINDOW_LIMIT_MS,
    )
    page.on('crash', () => reject(new SetupError('The workbench crashed.')))
    page
      .exposeFunction('codeAutomationExit', () => {
        clearTimeout(limit)
        resolve()
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
