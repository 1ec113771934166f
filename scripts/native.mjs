// @ts-check
// `npm run native` makes native/dist: ONNX Runtime for this machine, as Logitscope Native ships it.
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installLocked } from '../test/hosts/lockedInstall.mjs'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain, SetupError } from './failure.mjs'
import { binariesOf, NATIVE_TARGETS, targetOfThisMachine } from './nativeTargets.mjs'
import { NATIVE, REPO } from './paths.mjs'

/** @typedef {import('./nativeTargets.mjs').NativeTarget} NativeTarget */

/** Where the package has its binaries. */
const PACKAGED_BINARIES = 'onnxruntime-node/bin/napi-v6'

/**
 * Installs the native runtime and builds `native/dist` for this machine. Where ONNX Runtime has no library for this machine,
 * it does nothing.
 *
 * @returns {Promise<boolean>} whether `native/dist` has been made
 * @throws {SetupError} when the installation fails
 */
export async function provideNative() {
  const target = targetOfThisMachine()
  if (target === undefined) return false
  await buildNative({ target, folder: NATIVE, nodeModules: await installNativeRuntime([target]) })
  return true
}

/**
 * Installs the locked native runtime (113 MB to fetch) unless it is installed, and removes the binaries of other targets.
 *
 * @param {readonly NativeTarget[]} targets one, or all
 * @returns {Promise<string>} the folder node_modules
 * @throws {SetupError} when the installation fails
 */
export async function installNativeRuntime(targets) {
  const name = targets.length === 1 ? `native-${targets[0]}` : 'native-all'
  const folder = await installLocked(NATIVE, {
    name,
    label: 'the native ONNX Runtime',
    finish: (unfinished) => removeOtherBinaries(join(unfinished, 'node_modules'), targets),
    onProgress: (step) => console.log(step),
  })
  return join(folder, 'node_modules')
}

/**
 * Removes the binaries of all targets but some; together they are 300 MB.
 *
 * @param {string} nodeModules
 * @param {readonly NativeTarget[]} targets to keep
 */
export async function removeOtherBinaries(nodeModules, targets) {
  const others = NATIVE_TARGETS.filter((target) => !targets.includes(target))
  await Promise.all(
    others.map((target) =>
      rm(join(nodeModules, PACKAGED_BINARIES, binariesOf(target).folder), { recursive: true }),
    ),
  )
}

/**
 * Writes what the extension has for one target: `dist/onnxruntime.cjs`, the binaries that it loads, and the icon.
 *
 * @param {{ target: NativeTarget, folder: string, nodeModules: string }} options `folder` gets `dist/`
 * @returns {Promise<import('esbuild').Metafile>} of the bundle
 */
export async function buildNative({ target, folder, nodeModules }) {
  const esbuild = await import('esbuild')
  const dist = join(folder, 'dist')
  const [{ metafile }] = await Promise.all([
    esbuild.build({
      entryPoints: [join(NATIVE, 'onnxruntime.mjs')],
      outfile: join(dist, 'onnxruntime.cjs'),
      nodePaths: [nodeModules],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      keepNames: true,
      legalComments: 'inline',
      logLevel: 'warning',
      metafile: true,
      plugins: [loadBindingFromDist],
    }),
    placeBinaries(target, { from: join(nodeModules, PACKAGED_BINARIES), to: join(dist, 'bin') }),
    place(join(REPO, 'media/icon.png'), join(dist, 'icon.png')),
  ])
  return metafile
}

const PACKAGED_REQUIRE =
  'require(`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`)'

/**
 * Makes the bundle load the binding from `bin/` beside it.
 *
 * @type {import('esbuild').Plugin}
 */
const loadBindingFromDist = {
  name: 'load-binding-from-dist',
  setup(build) {
    build.onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8')
      if (!code.includes(PACKAGED_REQUIRE)) {
        throw new Error(`${path} loads its binding in another way; update scripts/native.mjs.`)
      }
      return { contents: code.replace(PACKAGED_REQUIRE, () => REQUIRE_FROM_DIST) }
    })
  },
}

const REQUIRE_FROM_DIST =
  'require(`${__dirname}/bin/${process.platform}/${process.arch}/onnxruntime_binding.node`)'

/**
 * Leaves exactly the binaries of one target.
 *
 * @param {NativeTarget} target
 * @param {{ from: string, to: string }} folders
 */
async function placeBinaries(target, { from, to }) {
  const { folder, files } = binariesOf(target)
  const wanted = files.map((name) => join(folder, name))
  const found = await readdir(to, { recursive: true, withFileTypes: true }).catch(() => [])
  const stale = found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !wanted.some((name) => path === join(to, name)))
  await Promise.all([
    ...wanted.map((name) => place(join(from, name), join(to, name))),
    ...stale.map((path) => rm(path)),
  ])
}

/**
 * Copies a file unless it has been copied before. An existing file is replaced, not written to: a process may have it
 * mapped.
 *
 * @param {string} from @param {string} to
 */
async function place(from, to) {
  const [wanted, existing] = await Promise.all([readFile(from), readFile(to).catch(() => undefined)])
  if (existing?.equals(wanted)) return
  const unfinished = `${to}.unfinished`
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, unfinished)
  await rename(unfinished, to)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await ensureInstalled()
    const made = await provideNative()
    if (!made) {
      throw new SetupError(
        `ONNX Runtime has no native library for ${process.platform} ${process.arch}` +
          `${process.platform === 'linux' ? ' with this C library' : ''}; Logitscope uses WebAssembly here.`,
      )
    }
    console.log('Built native/dist.')
  })
}
