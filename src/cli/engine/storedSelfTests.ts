import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { version } from '../../../package.json'
import { nativeSelfTestKey } from '../../engine/client/native/nativeSelfTestKey'
import type { NativeOptions } from '../../engine/client/native/startNative'
import type { WebGpuOptions } from '../../engine/client/webgpu/startWebGpu'
import type { BackendSelfTest } from '../../shared/contracts/engine/backendSelfTest'
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
 * Results of the native self-test in a file of `folder`. If the file cannot be read or written, the next command
 * repeats the self-test.
 */
export function storedSelfTests(folder: string, device: () => string): NativeOptions['selfTests'] {
  const file = join(folder, FILE)
  return {
    get: (precision) => {
      const selfTest = readFile(file)[nativeSelfTestKey(device(), precision)]
      return isSelfTest(selfTest) ? selfTest : undefined
    },
    set: (precision, selfTest) => {
      writeFile(folder, file, { ...readFile(file), [nativeSelfTestKey(device(), precision)]: selfTest })
    },
  }
}

/** The same for the self-test of graphics adapters. */
export function storedAdapterSelfTests(folder: string): WebGpuOptions['selfTests'] {
  const file = join(folder, FILE)
  const keyOf = ({ name, implementation }: GpuAdapter) =>
    `backendCheck webgpu ${version} ${implementation} ${name}`
  return {
    get: (adapter) => {
      const selfTest = readFile(file)[keyOf(adapter)]
      return isSelfTest(selfTest) ? selfTest : undefined
    },
    set: (adapter, selfTest) => {
      writeFile(folder, file, { ...readFile(file), [keyOf(adapter)]: selfTest })
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

function isSelfTest(value: unknown): value is BackendSelfTest {
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
