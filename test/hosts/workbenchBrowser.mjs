// @ts-check
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'

const ARGUMENTS = [
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** Chromium's sandbox does not start for root. */
const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : []

const WITHOUT_WEBGPU = ['--disable-gpu']

/** A graphics adapter in software: slow, and the same on every machine. */
const WITH_WEBGPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
]

/**
 * A headless Chromium that keeps to itself; the caller closes it.
 *
 * @param {{ webGpu?: boolean }} [options]
 */
export async function launchWorkbenchBrowser({ webGpu = false } = {}) {
  return chromium.launch({
    executablePath: await findChromium(),
    headless: true,
    args: browserArguments(webGpu),
  })
}

/**
 * Opens a window in which only this machine can be reached, and the made-up hosts of VS Code's webviews,
 * which the workbench answers for itself.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openWindow(browser, options) {
  const context = await browser.newContext(options)
  await keepToThisMachine(context)
  return context.newPage()
}

/**
 * The same for VS Code for the web, whose webviews are other sites to the browser, which would not let them keep
 * anything: that takes a profile of its own. Closing the window ends the browser.
 *
 * @param {string} profile an empty folder
 * @param {import('playwright-core').BrowserContextOptions & { webGpu?: boolean }} [options]
 */
export async function openWebWindow(profile, { webGpu = false, ...options } = {}) {
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  await mkdir(join(profile, 'Default'), { recursive: true })
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: await findChromium(),
    headless: true,
    args: browserArguments(webGpu),
    ...options,
  })
  await keepToThisMachine(context)
  return context.pages()[0] ?? context.newPage()
}

/** @param {boolean} webGpu */
function browserArguments(webGpu) {
  return [...ARGUMENTS, ...(webGpu ? WITH_WEBGPU : WITHOUT_WEBGPU), ...ROOT_ARGUMENTS]
}

/** @param {import('playwright-core').BrowserContext} context */
function keepToThisMachine(context) {
  return context.route(
    (url) => url.protocol.startsWith('http') && !isReachable(url.hostname),
    (route) => route.abort(),
  )
}

/** @param {string} hostname */
function isReachable(hostname) {
  return hostname === '127.0.0.1' || /(^|\.)localhost$/.test(hostname) || hostname.endsWith('.vscode-cdn.net')
}
