import { EventEmitter, once } from 'node:events'
import { copyFile, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, inject, it } from 'vitest'
import { build } from '../../scripts/build.mjs'
import { CACHE, REPO, SAMPLE } from '../../scripts/paths.mjs'
import { freePort } from '../hosts/freePort.mjs'
import { remoteUri, startVscodeHost } from '../hosts/vscodeHost.mjs'
import { connectToBrowser, openWindow } from '../hosts/workbenchBrowser.mjs'
import { Bundle, type BundlePosition, type Place, placeOf } from './support/bundle'
import { connectToInspector, type InspectorSession, workerSession } from './support/inspector'
import { panelOf } from './support/panel'
import { APPEAR_LIMIT_MS, useWindow, Workbench } from './support/workbench'

/** A development build, apart from `dist/`, which has the packaged one while this runs. */
const EXTENSION = join(CACHE, 'debugged-extension')

const IN_EXTENSION_HOST = placeOf(
  join(REPO, 'src/features/inspect/inspectionController.ts'),
  'const editor = this.editorToInspect()',
)
const IN_PANEL = placeOf(join(REPO, 'webview/main.ts'), 'controller.receive(event.data)')
const IN_COMPANION = placeOf(join(REPO, 'src/companion/extension.ts'), 'const host = hostEngines(')
const IN_ENGINE = placeOf(join(REPO, 'src/engine/worker/engine.ts'), 'const model = await this.loaded()')

let port: number
let debugged: Awaited<ReturnType<typeof connectToInspector>>

const workbench = useWindow(openDebuggedWindow)
const { inspectSample, finished } = panelOf(workbench)

beforeAll(async () => {
  debugged = await connectToInspector(port)
  return () => debugged.close()
})

it('a breakpoint in TypeScript stops the extension host', async () => {
  await workbench().openFile('readConfig.ts')
  const stopped = await stopAt(
    debugged,
    new Bundle(join(EXTENSION, 'dist/extension.js')),
    IN_EXTENSION_HOST,
    () => workbench().runCommand('Logitscope: Inspect Logits'),
  )

  expect(stopped).toEqual(IN_EXTENSION_HOST)
  await finished()
})

it('a breakpoint in TypeScript stops the engine’s thread', async () => {
  await inspectSample() // starts the thread
  const engine = await workerSession(debugged, 'engineWorker.js')
  const stopped = await stopAt(engine, new Bundle(join(EXTENSION, 'dist/engineWorker.js')), IN_ENGINE, () =>
    workbench().runCommand('Logitscope: Inspect Logits'),
  )

  expect(stopped).toEqual(IN_ENGINE)
})

it('a breakpoint in TypeScript stops the panel', async () => {
  await inspectSample() // opens the panel
  const page = await pageSession()
  const stopped = await stopAt(page, new Bundle(join(EXTENSION, 'dist/panel.js')), IN_PANEL, () =>
    workbench().runCommand('Logitscope: Inspect Logits'),
  )

  expect(stopped).toEqual(IN_PANEL)
})

it('the companion’s bundle has a source map', () => {
  const bundle = new Bundle(join(EXTENSION, 'companion/dist/extension.js'))

  expect(bundle.sourceOf(bundle.positionOf(IN_COMPANION))).toEqual(IN_COMPANION)
})

/** What all debugging sessions have, those of Playwright too. */
type DebuggedThread = Pick<InspectorSession, 'send' | 'next'>

/** Sets a breakpoint as a debugger does, and lets the thread continue after it. */
async function stopAt(
  thread: DebuggedThread,
  bundle: Bundle,
  place: Place,
  act: () => Promise<void>,
): Promise<Place | undefined> {
  await thread.send('Debugger.enable')
  const { breakpointId } = await thread.send('Debugger.setBreakpointByUrl', {
    urlRegex: `${bundle.path.replaceAll(/[^\w/]/g, '\\$&')}$`,
    ...bundle.positionOf(place),
  })
  const paused = thread.next('Debugger.paused')
  const acted = act()
  const { callFrames } = (await paused) as { callFrames: [{ location: BundlePosition }] }
  await thread.send('Debugger.removeBreakpoint', { breakpointId })
  await thread.send('Debugger.resume')
  await acted
  return bundle.sourceOf(callFrames[0].location)
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
 * Opens a window with the extension under development and a debugger's port, as F5 does. The shared VS Code cannot: it
 * has the packaged extension, and only an automated one takes these options from the address.
 */
async function openDebuggedWindow(): Promise<Workbench> {
  await prepareExtension()
  port = await freePort(0)
  const host = await startVscodeHost({ automated: true })
  const place = await mkdtemp(join(tmpdir(), 'logitscope-test-'))
  const browser = await connectToBrowser(inject('hosts').browser)
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
