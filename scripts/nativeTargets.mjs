// @ts-check

/** The addon that the bundle loads; it loads ONNX Runtime's library from its own folder. */
const BINDING = 'onnxruntime_binding.node'

/** The compiler of shaders for Direct3D, which the library loads from its own folder for a session with WebGPU. */
const SHADER_COMPILER = ['dxcompiler.dll', 'dxil.dll']

/**
 * The machines that ONNX Runtime is compiled for, by VS Code's names of targets, each with the files that a session on the
 * CPU or with WebGPU needs. The package has more files: on macOS the library a second time, under a name that no file refers
 * to; on Windows DirectML.dll, which is loaded only for a session with DirectML.
 */
const FILES = {
  'darwin-arm64': ['libonnxruntime.1.dylib', BINDING],
  'linux-arm64': ['libonnxruntime.so.1', BINDING],
  'linux-x64': ['libonnxruntime.so.1', BINDING],
  'win32-arm64': ['onnxruntime.dll', BINDING, ...SHADER_COMPILER],
  'win32-x64': ['onnxruntime.dll', BINDING, ...SHADER_COMPILER],
}

/** @typedef {keyof typeof FILES} NativeTarget `<process.platform>-<process.arch>` */

export const NATIVE_TARGETS = /** @type {NativeTarget[]} */ (Object.keys(FILES))

/**
 * The folder of a target's binaries, relative to the folder of all binaries, and their names.
 *
 * @param {NativeTarget} target
 */
export function binariesOf(target) {
  return { folder: target.replace('-', '/'), files: FILES[target] }
}

/**
 * @returns {NativeTarget | undefined} undefined where ONNX Runtime has no library: another architecture, or a Linux
 *   without glibc
 */
export function targetOfThisMachine() {
  const name = `${process.platform}-${process.arch}`
  return hasGlibcIfLinux() ? NATIVE_TARGETS.find((target) => target === name) : undefined
}

function hasGlibcIfLinux() {
  if (process.platform !== 'linux') return true
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  return header.glibcVersionRuntime !== undefined
}
