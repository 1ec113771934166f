// @ts-check
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
    args: [...ARGUMENTS, ...(webGpu ? WITH_WEBGPU : WITHOUT_WEBGPU), ...ROOT_ARGUMENTS],
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
  await context.route(
    (url) => url.protocol.startsWith('http') && !isReachable(url.hostname),
    (route) => route.abort(),
  )
  return context.newPage()
}

/** @param {string} hostname */
function isReachable(hostname) {
  return hostname === '127.0.0.1' || hostname.endsWith('.vscode-cdn.net')
}
