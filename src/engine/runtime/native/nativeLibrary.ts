import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { env, type InferenceSessionFactory } from 'onnxruntime-common'
import { NativeUnavailableError } from '../../../shared/errors'
import { isRecord } from '../../../shared/isRecord'

/** The part of `onnxruntime.cjs` that Logitscope uses; Logitscope Native has this one file for it. */
export interface NativeLibrary {
  readonly InferenceSession: InferenceSessionFactory
  /** The version of ONNX Runtime. */
  readonly version: string
}

/**
 * Loads the native ONNX Runtime into this process.
 * @param path absolute, of `onnxruntime.cjs`
 * @throws NativeUnavailableError if the file is missing, is for other machines, or has another version than ours
 */
export function openNativeLibrary(path: string): NativeLibrary {
  if (!existsSync(path))
    throw new NativeUnavailableError(`${path} is missing. Install Logitscope Native again.`)
  const library = required(path)
  if (!isNativeLibrary(library))
    throw new NativeUnavailableError(`${path} is not the native runtime. Install Logitscope Native again.`)
  // The numbers are compared with those of WASM, so both have to compute the same graphs in the same way.
  if (library.version !== env.versions.common) {
    throw new NativeUnavailableError(
      `Logitscope Native has ONNX Runtime ${library.version}, but Logitscope uses ${env.versions.common}. Update both extensions.`,
    )
  }
  return library
}

/** The binding is loaded with the module, and fails where its machine code does not fit. */
function required(path: string): unknown {
  try {
    return createRequire(path)(path)
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
    throw new NativeUnavailableError(
      `The native runtime cannot be loaded on this machine (${reason}). Install the version of Logitscope Native that is made for it.`,
      { cause },
    )
  }
}

function isNativeLibrary(value: unknown): value is NativeLibrary {
  return isRecord(value) && typeof value.version === 'string' && typeof value.InferenceSession === 'function'
}
