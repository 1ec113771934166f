// @ts-check
import { chromium } from 'playwright-core'
import { findChromium } from './chromium.mjs'

const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** Chromium's sandbox does not start for root. */
const ROOT_ARGUMENTS = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** A headless Chromium that keeps to itself; the caller closes it. */
export async function launchWorkbenchBrowser() {
  return chromium.launch({
    executablePath: await findChromium(),
    headless: true,
    args: [...ARGUMENTS, ...ROOT_ARGUMENTS],
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
