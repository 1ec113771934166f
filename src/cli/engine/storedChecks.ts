import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { version } from '../../../package.json'
import { nativeCheckKey } from '../../engine/client/native/nativeCheckKey'
import type { NativeOptions } from '../../engine/client/native/startNative'
import type { WebGpuOptions } from '../../engine/client/webgpu/startWebGpu'
import type { BackendCheck } from '../../shared/contracts/engine/backendCheck'
import type { GpuAdapter } from '../../shared/contracts/engine/companionApi'
import { isRecord } from '../../shared/isRecord'
import type { Variables } from '../base/environment'

const FILE = 'backend-checks.json'

/** The user's folder for files that can be made again, as the platform has it. */
export function cacheFolder(
  { XDG_CACHE_HOME, LOCALAPPDATA }: Variables,
  platform: NodeJS.Platform = process.platform,
): string {
  const folder = XDG_CACHE_HOME || (platform === 'win32' ? LOCALAPPDATA : undefined)
  const library = platform === 'darwin' ? join('Library', 'Caches') : '.cache'
  return join(folder || join(homedir(), library), 'logitscope')
}

/**
 * Results of the native check in a file of `folder`. If the file cannot be read or written, the next command checks
 * again.
 */
export function storedChecks(folder: string, device: () => string): NativeOptions['checks'] {
  const file = join(folder, FILE)
  return {
    get: (precision) => {
      const check = readFile(file)[nativeCheckKey(device(), precision)]
      return isCheck(check) ? check : undefined
    },
    set: (precision, check) => {
      writeFile(folder, file, { ...readFile(file), [nativeCheckKey(device(), precision)]: check })
    },
  }
}

/** The same for the check of graphics adapters. */
export function storedAdapterChecks(folder: string): WebGpuOptions['checks'] {
  const file = join(folder, FILE)
  const keyOf = ({ name, implementation }: GpuAdapter) =>
    `backendCheck webgpu ${version} ${implementation} ${name}`
  return {
    get: (adapter) => {
      const check = readFile(file)[keyOf(adapter)]
      return isCheck(check) ? check : undefined
    },
    set: (adapter, check) => {
      writeFile(folder, file, { ...readFile(file), [keyOf(adapter)]: check })
    },
  }
}

function readFile(file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isRecord(content) ? content : {}
  } catch {
    return {}
  }
}

/** Replaces the file as a whole, so that another command never reads a part of it. */
function writeFile(folder: string, file: string, content: Record<string, unknown>): void {
  const partial = `${file}.${process.pid}`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(partial, JSON.stringify(content))
    renameSync(partial, file)
  } catch {
    // A folder that is read-only or a full disk: nothing depends on the file.
  }
}

function isCheck(value: unknown): value is BackendCheck {
  return (
    isRecord(value) &&
    typeof value.device === 'string' &&
    typeof value.maxDelta === 'number' &&
    typeof value.meanDelta === 'number' &&
    isRecord(value.milliseconds) &&
    typeof value.milliseconds.wasm === 'number' &&
    typeof value.milliseconds.accelerated === 'number'
  )
}
