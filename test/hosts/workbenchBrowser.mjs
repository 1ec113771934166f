// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'

/** Names that a window can reach: this machine, and the hosts of webviews, whose requests the workbench answers itself. */
const REACHABLE = ['127.0.0.1', 'localhost', '*.localhost', '*.vscode-cdn.net']

const ARGUMENTS = [
  // Not by intercepting requests, which would turn the browser's cache off: a workbench has 15 MB of scripts.
  `--host-resolver-rules=MAP * ~NOTFOUND, ${REACHABLE.map((name) => `EXCLUDE ${name}`).join(', ')}`,
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** Chromium's sandbox does not start for root. */
const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : []

const WITHOUT_WEBGPU = ['--disable-gpu']

/** A software graphics adapter: slow, but the same on every machine. */
const WITH_WEBGPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
]

/**
 * Launches a headless Chromium without background traffic. The caller closes it.
 *
 * @param {{ webGpu?: boolean }} [options]
 */
export async function launchWorkbenchBrowser({ webGpu = false } = {}) {
  return chromium.launch(await launchOptions(webGpu))
}

/** The same, for several processes: each connects to its `wsEndpoint()`. The caller closes it. */
export async function launchBrowserServer() {
  return chromium.launchServer(await launchOptions(false))
}

/** @param {string} wsEndpoint of a browser server */
export function connectToBrowser(wsEndpoint) {
  return chromium.connect(wsEndpoint)
}

/**
 * Opens a window in a profile of its own.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openWindow(browser, options) {
  const context = await browser.newContext(options)
  return context.newPage()
}

/**
 * The same for VS Code for the web, in its own browser: its webviews are third-party sites there, which may store
 * something only if the profile allows it. Closing the context closes the browser.
 *
 * @param {string} profile an empty folder
 * @param {import('playwright-core').BrowserContextOptions & { webGpu?: boolean }} [options]
 */
export async function openWebWindow(profile, { webGpu = false, ...options } = {}) {
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  await mkdir(join(profile, 'Default'), { recursive: true })
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(profile, {
    ...(await launchOptions(webGpu)),
    ...options,
  })
  return context.pages()[0] ?? context.newPage()
}

/** @param {boolean} webGpu */
async function launchOptions(webGpu) {
  return {
    executablePath: await findChromium(),
    headless: true,
    args: [...ARGUMENTS, ...(webGpu ? WITH_WEBGPU : WITHOUT_WEBGPU), ...ROOT_ARGUMENTS],
  }
}
