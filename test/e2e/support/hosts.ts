import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { SAMPLE, VSIX } from '../../../scripts/paths.mjs'
import { freePort } from '../../hosts/freePort.mjs'
import { startVscodeWebHost } from '../../hosts/vscodeWebHost.mjs'
import { launchBrowserServer } from '../../hosts/workbenchBrowser.mjs'
import { startCodeServer } from './codeServer'
import { unzip } from './unzip'

/**
 * The servers and the browser that the test files of one worker share, one file after the other. Files of different workers
 * run at the same time, so they share no settings, no clipboard and no hub.
 */
export interface Hosts {
  /** VS Code in the browser, with the packaged extension installed. */
  readonly codeServer: { readonly url: string; readonly userSettingsFile: string }
  /** VS Code for the web: of a window that is not cross-origin isolated, and of one that is. */
  readonly web: { readonly url: string; readonly isolatedUrl: string }
  /** The WebSocket endpoint of a browser without WebGPU. */
  readonly browser: string
  /** The port of this machine that code-server's windows expect the hub on. A test may listen there. */
  readonly hubPort: number
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of each worker. */
    readonly hosts: readonly Hosts[]
  }
}

/** The folder of a VSIX that has the extension. */
const PACKAGED = 'extension'

/** Vitest's global setup: starts the hosts of each worker once, and stops them when all files have run. */
export default async function startHosts(project: TestProject): Promise<() => Promise<void>> {
  const workers = Array.from({ length: project.config.maxWorkers }, startHostsOfWorker)
  const stop = async () => {
    const started = await Promise.allSettled(workers)
    for (const worker of started) if (worker.status === 'fulfilled') await worker.value.stop()
  }
  try {
    project.provide(
      'hosts',
      (await Promise.all(workers)).map(({ hosts }) => hosts),
    )
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}

async function startHostsOfWorker(): Promise<{ hosts: Hosts; stop: () => Promise<void> }> {
  const place = await mkdtemp(join(tmpdir(), 'logitscope-hosts-'))
  const hubPort = await freePort(0)
  const starting = [startCodeServer({ hubPort }), startWebHost(place), startBrowser()] as const
  const stop = async () => {
    const hosts = await Promise.allSettled(starting)
    await Promise.all(hosts.flatMap((host) => (host.status === 'fulfilled' ? [host.value.dispose()] : [])))
    await rm(place, { recursive: true, force: true })
  }
  try {
    const [codeServer, web, browser] = await Promise.all(starting)
    const hosts = {
      codeServer: { url: codeServer.url, userSettingsFile: codeServer.userSettingsFile },
      web: { url: web.url, isolatedUrl: web.isolatedUrl },
      browser: browser.endpoint,
      hubPort,
    }
    return { hosts, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startBrowser() {
  const browser = await launchBrowserServer()
  return { endpoint: browser.wsEndpoint(), dispose: () => browser.close() }
}

/** With the files of the package, on a copy of the sample folder. */
async function startWebHost(place: string) {
  const folder = join(place, 'sample')
  await cp(SAMPLE, folder, { recursive: true })
  for (const [path, content] of unzip(await readFile(VSIX))) {
    await mkdir(dirname(join(place, path)), { recursive: true })
    await writeFile(join(place, path), content)
  }
  return startVscodeWebHost({ folder, extension: join(place, PACKAGED) })
}
