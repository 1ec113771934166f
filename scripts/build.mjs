// @ts-check
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { findNodeImports } from './nodeImports.mjs'
import { NOTICES_FILE, packagesOf, thirdPartyNotices } from './notices.mjs'
import { NODE_MODULES, REPO } from './paths.mjs'

/**
 * - `development`: with source maps, and not minified, so that a debugger shows the TypeScript
 * - `release`: minified where the file is loaded by a browser, without source maps, with the notices file
 *
 * @typedef {'development' | 'release'} BuildKind
 */

/**
 * Builds both extensions: Logitscope into `dist/`, its companion into `companion/dist/`.
 *
 * @param {BuildKind} kind
 * @param {string} [root] the folder that gets `dist/` and `companion/dist/`
 */
export async function build(kind, root = REPO) {
  const [metafiles] = await Promise.all([
    Promise.all(bundles(kind, root).map(async (options) => (await esbuild.build(options)).metafile)),
    copyAssets(root),
  ])
  if (kind === 'release') await writeNotices(root, metafiles)
}

/** @typedef {esbuild.BuildOptions & { metafile: true, write: false }} BundleOptions */

/**
 * The options of every bundle, for one build or for esbuild's contexts.
 *
 * @param {BuildKind} kind
 * @param {string} [root] the folder that gets `dist/` and `companion/dist/`
 * @returns {BundleOptions[]}
 */
export function bundles(kind, root = REPO) {
  return BUNDLES.map(({ entry, outputs, target, options, executable = false }) => ({
    entryPoints: [join(REPO, entry)],
    outfile: join(root, outputs[0]),
    bundle: true,
    // Logs contain the names of errors and functions; minified code would lose them.
    keepNames: true,
    legalComments: 'inline',
    logLevel: 'warning',
    ...target.base,
    ...target[kind],
    ...options,
    metafile: true,
    write: false,
    plugins: [
      ...(target.base.platform === 'browser' ? [refuseNodeModules(outputs[0])] : []),
      writeOutputs({ kind, outfiles: outputs.map((output) => join(root, output)), executable }),
    ],
  }))
}

/**
 * Copies the files of dependencies that are read at run time.
 *
 * @param {string} [root] the folder that gets `dist/` and `companion/dist/`
 */
export async function copyAssets(root = REPO) {
  const copies = ASSETS.flatMap(({ from, to }) => to.map((path) => ({ from, target: join(root, path) })))
  await Promise.all(
    copies.map(async ({ from, target }) => {
      await mkdir(dirname(target), { recursive: true })
      await copyFile(from, target)
    }),
  )
}

/**
 * @typedef {object} Target where a bundle runs
 * @property {esbuild.BuildOptions} base
 * @property {esbuild.BuildOptions} development
 * @property {esbuild.BuildOptions} release
 */

/** @type {Target} */
const NODE = {
  base: { platform: 'node', format: 'esm', target: 'node20' },
  development: { sourcemap: 'linked' },
  release: {},
}

/**
 * Source maps for browsers are inline: the panel and its workers are served from addresses at which a
 * debugger cannot find a second file.
 *
 * @satisfies {Target}
 */
const BROWSER = {
  base: { platform: 'browser', format: 'iife', target: 'es2022' },
  development: { sourcemap: 'inline' },
  release: { minify: true },
}

/** Keeps the names, which appear in logs. */
const WHITESPACE_AND_SYNTAX = { minifyWhitespace: true, minifySyntax: true }

/**
 * VS Code's web extension host runs an extension as CommonJS, in a worker.
 *
 * @type {Target}
 */
const WEB_HOST = {
  base: { ...BROWSER.base, format: 'cjs', external: ['vscode'] },
  development: BROWSER.development,
  release: WHITESPACE_AND_SYNTAX,
}

/**
 * In a browser the engine uses ONNX Runtime's build for both WASM and WebGPU. It gets the WASM file as bytes.
 *
 * @type {Target}
 */
const WEB_WORKER = {
  base: {
    ...BROWSER.base,
    alias: { 'onnxruntime-web': join(NODE_MODULES, 'onnxruntime-web/dist/ort.webgpu.min.mjs') },
    // Used only where the runtime would look for its WASM next to its own script.
    define: { 'import.meta.url': '""' },
  },
  development: BROWSER.development,
  release: WHITESPACE_AND_SYNTAX,
}

/**
 * @typedef {object} Bundle
 * @property {string} entry relative to the repository
 * @property {[string, ...string[]]} outputs relative to the root of the build, with the same content
 * @property {Target} target
 * @property {esbuild.BuildOptions} [options]
 * @property {boolean} [executable]
 */

/** @type {Bundle[]} */
const BUNDLES = [
  {
    entry: 'src/app/extension.ts',
    outputs: ['dist/extension.js'],
    target: NODE,
    options: { external: ['vscode'] },
  },
  { entry: 'src/app/extension.web.ts', outputs: ['dist/extension.web.cjs'], target: WEB_HOST },
  { entry: 'src/engine/worker/worker.ts', outputs: ['dist/engineWorker.js'], target: NODE },
  { entry: 'src/engine/worker/process.ts', outputs: ['dist/engineProcess.js'], target: NODE },
  {
    entry: 'src/engine/worker/worker.web.ts',
    outputs: ['dist/engineWorker.web.js', 'companion/dist/engineWorker.web.js'],
    target: WEB_WORKER,
  },
  {
    entry: 'src/cli/main.ts',
    outputs: ['dist/cli.js'],
    target: NODE,
    options: { banner: { js: '#!/usr/bin/env node' } },
    executable: true,
  },
  { entry: 'webview/main.ts', outputs: ['dist/panel.js'], target: BROWSER },
  { entry: 'webview/styles/panel.css', outputs: ['dist/panel.css'], target: BROWSER },
  { entry: 'webview/check/main.ts', outputs: ['dist/check.js'], target: BROWSER },
  { entry: 'webview/styles/check.css', outputs: ['dist/check.css'], target: BROWSER },
  { entry: 'src/companion/extension.ts', outputs: ['companion/dist/extension.js'], target: WEB_HOST },
]

/** Files that are copied as they are; `to` is relative to the root of the build. */
const ASSETS = [
  ...['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map((name) => ({
    from: join(NODE_MODULES, 'onnxruntime-web/dist', name),
    to: [`dist/${name}`],
  })),
  ...[
    'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.mjs',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm',
    'tiktoken/lite/tiktoken_bg.wasm',
    'tiktoken/encoders/gpt2.json',
  ].map((path) => ({
    from: join(NODE_MODULES, path),
    to: [`dist/${basename(path)}`, `companion/dist/${basename(path)}`],
  })),
  { from: join(REPO, 'media/icon.png'), to: ['companion/dist/icon.png'] },
]

/**
 * Fails the build if a bundle for browsers contains a module of Node.
 *
 * @param {string} output
 * @returns {esbuild.Plugin}
 */
function refuseNodeModules(output) {
  return {
    name: 'refuse-node-modules',
    setup(build) {
      build.onEnd(({ metafile }) => {
        const found = metafile === undefined ? [] : findNodeImports(metafile)
        if (found.length === 0) return {}
        return { errors: [{ text: `${output} is for browsers but contains ${found.join(', ')}.` }] }
      })
    },
  }
}

/**
 * Writes a bundle to all its paths if it has no errors. Otherwise the files of the last build stay; if esbuild wrote
 * the files itself, it would delete them.
 *
 * @param {{ kind: BuildKind, outfiles: string[], executable: boolean }} options
 * @returns {esbuild.Plugin}
 */
function writeOutputs({ kind, outfiles, executable }) {
  return {
    name: 'write-outputs',
    setup(build) {
      build.onEnd(async ({ errors, outputFiles = [] }) => {
        if (errors.length > 0) return
        const map = outputFiles.find(({ path }) => path.endsWith('.map'))
        const code = outputFiles.find((file) => file !== map)
        if (code === undefined) return
        await Promise.all(
          outfiles.map(async (outfile) => {
            await mkdir(dirname(outfile), { recursive: true })
            await writeFile(outfile, code.contents)
            if (executable) await chmod(outfile, 0o755)
            if (map !== undefined) await writeFile(`${outfile}.map`, map.contents)
            // A source map of an earlier development build must not ship.
            if (kind === 'release') await rm(`${outfile}.map`, { force: true })
          }),
        )
      })
    },
  }
}

/**
 * Writes the licence texts of the bundled packages next to each extension's package.json.
 *
 * @param {string} root
 * @param {esbuild.Metafile[]} metafiles in the order of BUNDLES
 */
async function writeNotices(root, metafiles) {
  await Promise.all(
    ['', 'companion/'].map(async (extension) => {
      /** @param {string[]} outputs */
      const ships = (outputs) => outputs.some((output) => output.startsWith(`${extension}dist/`))
      const inputs = [
        ...metafiles.flatMap(({ inputs }, i) =>
          ships(BUNDLES[i]?.outputs ?? []) ? Object.keys(inputs) : [],
        ),
        ...ASSETS.filter(({ to }) => ships(to)).map(({ from }) => from.replaceAll(sep, '/')),
      ]
      await writeFile(join(root, extension, NOTICES_FILE), await thirdPartyNotices(packagesOf(inputs)))
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kind = process.argv.includes('--release') ? 'release' : 'development'
  const started = Date.now()
  await build(kind)
  console.log(`Built for ${kind} in ${Date.now() - started} ms.`)
}
