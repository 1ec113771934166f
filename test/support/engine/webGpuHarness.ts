import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'
import { elementAt } from '../../../src/shared/elementAt'
import { RpcClient, type RpcMessage } from '../../../src/shared/rpc'
import type { WorkerMethods } from './workerUnderTest'

const ORT = 'node_modules/onnxruntime-web/dist'
const TYPES: Record<string, string> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
}

/** A browser with a software adapter and the engine's bundle. */
export interface WebGpuHarness {
  /** Starts a worker on a new page, which serves the files of `modelFolder` under `/model/`. */
  open(modelFolder: string): Promise<WorkerUnderTest>
  close(): Promise<void>
}

export interface WorkerUnderTest {
  readonly client: RpcClient<WorkerMethods>
  close(): Promise<void>
}

/** @param repository the folder of the sources and their dependencies */
export async function startWebGpuHarness(repository: string): Promise<WebGpuHarness> {
  const script = await bundleWorker(repository)
  const browser = await launchChromium()
  return {
    open: (modelFolder) => openWorker(browser, script, { modelFolder, ort: join(repository, ORT) }),
    close: () => browser.close(),
  }
}

/** Bundles as the product does for browsers: ONNX Runtime's build with WebGPU, and its WASM as a separate file. */
async function bundleWorker(repository: string): Promise<string> {
  const result = await build({
    entryPoints: [join(repository, 'test/webgpu/worker.ts')],
    alias: { 'onnxruntime-web': join(repository, ORT, 'ort.webgpu.min.mjs') },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    keepNames: true,
    logLevel: 'error',
  })
  return elementAt(result.outputFiles, 0).text
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.LOGITSCOPE_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      '--enable-features=Vulkan',
      '--ignore-gpu-blocklist',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

async function openWorker(
  browser: Browser,
  script: string,
  folders: { readonly modelFolder: string; readonly ort: string },
): Promise<WorkerUnderTest> {
  const server = createServer((request, response) => {
    const [, folder = '', file = ''] = (request.url ?? '').split('/')
    const type = TYPES[file.split('.').at(-1) ?? '']
    if (type !== undefined) response.setHeader('content-type', type)
    const send = (content: Promise<Uint8Array | string>) => {
      content.then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      )
    }
    if (folder === 'ort') send(readFile(join(folders.ort, file)))
    else if (folder === 'model') send(readFile(join(folders.modelFolder, file)))
    else if (folder === 'worker.js') {
      response.setHeader('content-type', 'text/javascript')
      send(Promise.resolve(script))
    } else response.setHeader('content-type', 'text/html').end('<!doctype html>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const page = await browser.newPage()
  const listeners: ((message: RpcMessage) => void)[] = []
  await page.exposeFunction('received', (message: RpcMessage) => {
    for (const listener of listeners) listener(message)
  })
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.evaluate(`
    window.worker = new Worker('/worker.js', { type: 'module' })
    worker.onmessage = ({ data }) => received(data)
  `)
  const client = new RpcClient<WorkerMethods>({
    send: (message) => {
      void page.evaluate((sent) => {
        ;(globalThis as unknown as { worker: { postMessage(message: unknown): void } }).worker.postMessage(
          sent,
        )
      }, message)
    },
    onMessage: (listener) => {
      listeners.push(listener)
    },
  })
  return {
    client,
    close: async () => {
      client.close(new Error('the page was closed'))
      await page.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
