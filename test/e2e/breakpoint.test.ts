import { EventEmitter, once } from 'node:events'
import { copyFile, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { build } from '../../scripts/build.mjs'
import { CACHE, REPO, SAMPLE } from '../../scripts/paths.mjs'
import { freePort } from '../hosts/freePort.mjs'
import { remoteUri, startVscodeHost } from '../hosts/vscodeHost.mjs'
import { connectToBrowser, openWindow } from '../hosts/workbenchBrowser.mjs'
import { hasCode } from './support/codeServer'
import { Bundle, type BundlePosition, type Place, placeOf } from './support/bundle'
import { hostsOfWorker } from './support/hostsOfWorker'
import { connectToInspector, type InspectorSession, workerSession } from './support/inspector'
import { panelOf } from './support/panel'
import { useWindow } from './support/useWorkbench'
import { APPEAR_LIMIT_MS, Workbench } from './support/workbench'

/** A development build with its own copies of the manifests, which a debugged window loads. */
const EXTENSION = join(CACHE, 'debugged-extension')

const IN_EXTENSION_HOST = placeOf(
  join(REPO, 'src/features/inspect/commands/inspectCommands.ts'),
  'const editor = this.editorInUse.find()',
)
const IN_PANEL = placeOf(join(REPO, 'webview/main.ts'), 'controller.receive(event.data)')
const IN_COMPANION = placeOf(join(REPO, 'src/companion/extension.ts'), 'const host = hostEngines(')
const IN_ENGINE = placeOf(join(REPO, 'src/engine/worker/engine.ts'), 'checkScoreRequest(request, model.info)')

let port: number

const workbench = useWindow(openDebuggedWindow)
const { inspectSample } = panelOf(workbench)

it('breakpoints in TypeScript stop the extension host, the engine’s thread and the panel', async () => {
  await inspectSample() // starts the thread and opens the panel
  const extensionHost = await connectToInspector(port)
  const engine = await workerSession(extensionHost, 'engineWorker.js')
  const stops = [
    await setBreakpoint(extensionHost, 'dist/extension.js', IN_EXTENSION_HOST),
    await setBreakpoint(engine, 'dist/engineWorker.js', IN_ENGINE),
    await setBreakpoint(await pageSession(), 'dist/panel.js', IN_PANEL),
  ]
  await workbench().runCommand('Logitscope: Inspect Logits')
  const places = await Promise.all(stops.map(({ stopped }) => stopped))
  extensionHost.close()

  expect(places).toEqual([IN_EXTENSION_HOST, IN_ENGINE, IN_PANEL])
})

it('the companion’s bundle has a source map', () => {
  const bundle = new Bundle(join(EXTENSION, 'companion/dist/extension.js'))

  expect(bundle.sourceOf(bundle.positionOf(IN_COMPANION))).toEqual(IN_COMPANION)
})

/** The methods that our debugging sessions and Playwright's have in common. */
type DebuggedThread = Pick<InspectorSession, 'send' | 'next'>

/**
 * Sets a breakpoint by the source map, as a debugger does. Resolves when it is set; `stopped` resolves with the place where
 * the thread stops. The thread then continues without the breakpoint.
 */
async function setBreakpoint(
  thread: DebuggedThread,
  bundlePath: string,
  place: Place,
): Promise<{ stopped: Promise<Place | undefined> }> {
  const bundle = new Bundle(join(EXTENSION, bundlePath))
  await thread.send('Debugger.enable')
  const { breakpointId } = await thread.send('Debugger.setBreakpointByUrl', {
    urlRegex: `${bundle.path.replaceAll(/[^\w/]/g, '\\$&')}$`,
    ...bundle.positionOf(place),
  })
  const stop = async () => {
    const { callFrames } = (await thread.next('Debugger.paused')) as {
      callFrames: [{ location: BundlePosition }]
    }
    await thread.send('Debugger.removeBreakpoint', { breakpointId })
    await thread.send('Debugger.resume')
    return bundle.sourceOf(callFrames[0].location)
  }
  return { stopped: stop() }
}

/** Playwright's Chromium isolates no sites, so the panel runs in the page's thread. */
async function pageSession(): Promise<DebuggedThread> {
  const { page } = workbench()
  const session = await page.context().newCDPSession(page)
  const events = new EventEmitter()
  session.on('Debugger.paused', (params) => events.emit('Debugger.paused', params))
  return {
    send: (method, params) => session.send(method as 'Debugger.enable', params),
    next: async (event) => ((await once(events, event)) as [Record<string, unknown>])[0],
  }
}

/**
 * Opens a window with the extension under development and a debugger's port, as F5 does. The shared VS Code cannot be
 * used: it has the packaged extension, and only an automated VS Code takes these options from the address.
 */
async function openDebuggedWindow(): Promise<Workbench> {
  await prepareExtension()
  port = await freePort(0)
  const host = await startVscodeHost({ automated: true, leavesOut: hasCode })
  const place = await mkdtemp(join(tmpdir(), 'logitscope-test-'))
  const browser = await connectToBrowser(hostsOfWorker().browser)
  const page = await openWindow(browser, { viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(APPEAR_LIMIT_MS)
  const workbench = new Workbench(page, place, async () => {
    await browser.close()
    await host.dispose()
  })
  await cp(SAMPLE, workbench.folder, { recursive: true })
  const url = host.folderUrl(workbench.folder, [
    ['extensionDevelopmentPath', remoteUri(host.url, EXTENSION)],
    ['inspect-extensions', String(port)],
  ])
  await workbench.open(url, {})
  return workbench
}

async function prepareExtension(): Promise<void> {
  await rm(EXTENSION, { recursive: true, force: true })
  await mkdir(EXTENSION, { recursive: true })
  await copyFile(join(REPO, 'package.json'), join(EXTENSION, 'package.json'))
  await symlink(join(REPO, 'media'), join(EXTENSION, 'media'), 'junction')
  await build('development', EXTENSION)
}
