// @ts-check
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPO = dirname(dirname(fileURLToPath(import.meta.url)))

/** Files that scripts create and keep between runs; not part of the repository. */
export const CACHE = join(REPO, '.cache')

export const DIST = join(REPO, 'dist')
/** The folder of the companion, the extension that runs where the GPU is. */
export const COMPANION = join(REPO, 'companion')
export const COMPANION_DIST = join(COMPANION, 'dist')
/** The folder of Logitscope Native, the extension with the native ONNX Runtime. */
export const NATIVE = join(REPO, 'native')
/** The native ONNX Runtime for this machine, made by scripts/native.mjs. */
export const NATIVE_LIBRARY = join(NATIVE, 'dist', 'onnxruntime.cjs')
export const SAMPLE = join(REPO, 'sample')
export const NODE_MODULES = join(REPO, 'node_modules')

const { version } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8'))
export const VSIX = join(REPO, `logitscope-${version}.vsix`)
export const COMPANION_VSIX = join(REPO, `logitscope-gpu-${version}.vsix`)

/**
 * @param {string} target VS Code's name of the machines that the VSIX is for
 */
export function nativeVsix(target) {
  return join(REPO, `logitscope-native-${target}-${version}.vsix`)
}
