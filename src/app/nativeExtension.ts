import * as vscode from 'vscode'
import type { NativeLibrary } from '../engine/client/native/startNative'
import { isRecord } from '../shared/isRecord'

/** The extension Logitscope Native, which has no code of its own. */
export const NATIVE_EXTENSION_ID = 'logitscope.logitscope-native'

/** Platforms and architectures that Logitscope Native is built for; on Linux with glibc only. */
const NATIVE_TARGETS = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64']

/** The library of Logitscope Native if it is installed where this host runs. */
export function findNativeLibrary(): NativeLibrary {
  const extension = vscode.extensions.getExtension(NATIVE_EXTENSION_ID)
  if (extension !== undefined) {
    const library = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'onnxruntime.cjs')
    return { kind: 'found', path: library.fsPath }
  }
  return {
    kind: 'missing',
    reason: isBuiltForThisPlatform()
      ? 'Logitscope Native is not installed. Install the extension to run the model several times as fast.'
      : `Logitscope Native is not available for this platform (${platformName()}).`,
  }
}

/** Whether to offer the extension: it is not installed, and it would run here. */
export function canInstallNative(): boolean {
  return vscode.extensions.getExtension(NATIVE_EXTENSION_ID) === undefined && isBuiltForThisPlatform()
}

function isBuiltForThisPlatform(): boolean {
  return NATIVE_TARGETS.includes(platformName()) && (process.platform !== 'linux' || hasGlibc())
}

function platformName(): string {
  return `${process.platform}-${process.arch}`
}

let glibc: boolean | undefined

/** The header of a report has glibc's version if Node is linked to it. Cached, because a report takes milliseconds. */
function hasGlibc(): boolean {
  if (glibc === undefined) {
    const report: unknown = process.report.getReport()
    const header = isRecord(report) ? report.header : undefined
    glibc = isRecord(header) && typeof header.glibcVersionRuntime === 'string'
  }
  return glibc
}
