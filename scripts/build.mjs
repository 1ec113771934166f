// @ts-check
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { foundOfNode } from './nothingOfNode.mjs'
import { COMPANION_DIST, DIST, NODE_MODULES, REPO } from './paths.mjs'

/** @type {esbuild.BuildOptions} */
const IN_NODE = { platform: 'node', format: 'esm', target: 'node20' }

/** @type {esbuild.BuildOptions} */
const IN_BROWSER = { platform: 'browser', format: 'iife', target: 'es2022', minify: true }

/**
 * A host for the web runs the extension as CommonJS, in a worker.
 *
 * @type {esbuild.BuildOptions}
 */
const IN_WEB_HOST = {
  platform: 'browser',
  format: 'cjs',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  external: ['vscode'],
}

/**
 * In a browser ONNX Runtime is the build that can do both, WASM and WebGPU; its WASM is handed to it.
 *
 * @type {esbuild.BuildOptions}
 */
const IN_WEB_WORKER = {
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  alias: { 'onnxruntime-web': join(NODE_MODULES, 'onnxruntime-web/dist/ort.webgpu.min.mjs') },
  // Only of use where the runtime would look for its WASM beside itself.
  define: { 'import.meta.url': '""' },
}

/** @type {{ from: string, to: string, options: esbuild.BuildOptions }[]} */
const BUNDLES = [
  { from: 'src/app/extension.ts', to: 'extension.js', options: { ...IN_NODE, external: ['vscode'] } },
  { from: 'src/app/extension.web.ts', to: 'extension.web.cjs', options: IN_WEB_HOST },
  { from: 'src/engine/worker/worker.ts', to: 'engineWorker.js', options: IN_NODE },
  { from: 'src/engine/worker/worker.web.ts', to: 'engineWorker.web.js', options: IN_WEB_WORKER },
  { from: 'src/cli/main.ts', to: 'cli.js', options: { ...IN_NODE, banner: { js: '#!/usr/bin/env node' } } },
  { from: 'webview/main.ts', to: 'panel.js', options: IN_BROWSER },
]

/** Files of dependencies that are read at run time, by the name that they have in dist/. */
const COPIES = {
  'ort-wasm-simd-threaded.mjs': 'onnxruntime-web/dist/ort-wasm-simd-threaded.mjs',
  'ort-wasm-simd-threaded.wasm': 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  'ort-wasm-simd-threaded.asyncify.mjs': 'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm': 'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm',
  'tiktoken_bg.wasm': 'tiktoken/lite/tiktoken_bg.wasm',
  'gpt2.json': 'tiktoken/encoders/gpt2.json',
}

/** What the companion shares with the extension, by its name in dist/. */
const OF_COMPANION = [
  'engineWorker.web.js',
  'ort-wasm-simd-threaded.asyncify.mjs',
  'ort-wasm-simd-threaded.asyncify.wasm',
  'tiktoken_bg.wasm',
  'gpt2.json',
]

/** Builds everything that ships: the extension into dist/, its companion into companion/dist/. */
export async function build() {
  await mkdir(DIST, { recursive: true })
  await mkdir(COMPANION_DIST, { recursive: true })
  await Promise.all([
    ...BUNDLES.map(({ from, to, options }) => bundle(from, join(DIST, to), options)),
    ...Object.entries(COPIES).map(([name, source]) => copyFile(join(NODE_MODULES, source), join(DIST, name))),
  ])
  await chmod(join(DIST, 'cli.js'), 0o755)
  await Promise.all([
    bundle('src/companion/extension.ts', join(COMPANION_DIST, 'extension.js'), IN_WEB_HOST),
    copyFile(join(REPO, 'media', 'icon.png'), join(COMPANION_DIST, 'icon.png')),
    ...OF_COMPANION.map((name) => copyFile(join(DIST, name), join(COMPANION_DIST, name))),
  ])
}

/**
 * @param {string} from relative to the repository
 * @param {string} to
 * @param {esbuild.BuildOptions} options
 */
async function bundle(from, to, options) {
  const { metafile } = await esbuild.build({
    entryPoints: [join(REPO, from)],
    outfile: to,
    bundle: true,
    // Names of errors and functions are part of what a log says, so only the panel is minified.
    keepNames: true,
    legalComments: 'inline',
    logLevel: 'warning',
    ...options,
    metafile: true,
  })
  const found = options.platform === 'browser' ? foundOfNode(metafile) : []
  if (found.length > 0) throw new Error(`${to} is for a browser and holds ${found.join(', ')}.`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = Date.now()
  await build()
  console.log(`Built dist/ in ${Date.now() - started} ms.`)
}
