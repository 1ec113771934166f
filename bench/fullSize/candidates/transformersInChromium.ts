import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { basename, dirname, extname, join, normalize } from 'node:path'
import { chromium } from 'playwright-core'
import type { Candidate, CandidateSettings } from '../candidate'

const LOADING_LIMIT_MS = 5 * 60_000

const PAGE = `<!doctype html><script type="importmap">${JSON.stringify({
  imports: {
    'onnxruntime-common': '/peers/onnxruntime-common/dist/esm/index.js',
    'onnxruntime-web/webgpu': '/peers/onnxruntime-web/dist/ort.webgpu.min.mjs',
  },
})}</script><script type="module" src="/page/transformersPage.mjs"></script>`

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** `@huggingface/transformers` on WASM, in a cross-origin isolated page so that it can use threads. */
export async function transformersInChromium(settings: CandidateSettings): Promise<Candidate> {
  const server = await serve({
    '/peers/': join(settings.peersFolder, 'node_modules'),
    '/models/': dirname(settings.standardFolder),
    '/page/': dirname(process.argv[1] ?? ''),
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const browser = await chromium.launch({ executablePath: settings.chromium, args: ['--no-sandbox'] })
  process.once('disconnect', () => void browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(LOADING_LIMIT_MS)
  page.on('pageerror', (error) => {
    console.error(error)
  })
  await page.goto(`http://127.0.0.1:${address.port}/`)
  await page.waitForFunction(() => 'inspect' in globalThis)
  const version = await page.evaluate(([model, threads]) => globalThis.loadCandidate(model, threads), [
    basename(settings.standardFolder),
    settings.threads,
  ] as const)
  console.log(`@huggingface/transformers in Chromium: onnxruntime-web ${version}`)
  return {
    methods: { inspect: (tokenIds) => page.evaluate((ids) => globalThis.inspect(ids), [...tokenIds]) },
  }
}

/** Serves the files of each folder under its prefix, on a free local port until the process ends. */
function serve(folders: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html')
      response.end(PAGE)
      return
    }
    const [prefix, folder] = Object.entries(folders).find(([start]) => path.startsWith(start)) ?? []
    const file = prefix === undefined || folder === undefined ? '' : join(folder, path.slice(prefix.length))
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end()
      return
    }
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream')
    response.setHeader('Content-Length', statSync(file).size)
    createReadStream(file).pipe(response)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server)
    })
  })
}
