import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NativeLibrary } from '../../engine/client/native/startNative'
import type { Variables } from '../base/environment'

/**
 * The native library: where LOGITSCOPE_NATIVE says, a file or the folder of Logitscope Native, else in `native/` beside
 * the folder of the bundles.
 */
export function findNativeLibrary({ LOGITSCOPE_NATIVE }: Variables, assetsFolder: string): NativeLibrary {
  const place = LOGITSCOPE_NATIVE ? resolve(LOGITSCOPE_NATIVE) : join(assetsFolder, '..', 'native')
  const stats = statSync(place, { throwIfNoEntry: false })
  const path = stats?.isFile() === true ? place : join(place, 'dist', 'onnxruntime.cjs')
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return { kind: 'found', path }
  return {
    kind: 'missing',
    reason: LOGITSCOPE_NATIVE
      ? `LOGITSCOPE_NATIVE is ${LOGITSCOPE_NATIVE}, where no native library is. Set it to the folder of the extension Logitscope Native.`
      : 'The native library is missing. Run npm run native, or set LOGITSCOPE_NATIVE to the folder of the extension Logitscope Native.',
  }
}
