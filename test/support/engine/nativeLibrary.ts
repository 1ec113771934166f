import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * The native ONNX Runtime for this machine, which `npm test` makes.
 *
 * @throws Error when it has not been made
 */
export function nativeLibrary(): string {
  const library = fileURLToPath(new URL('../../../native/dist/onnxruntime.cjs', import.meta.url))
  if (!existsSync(library)) throw new Error('native/dist is missing; make it with `npm run native`.')
  return library
}
