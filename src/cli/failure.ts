import {
  AttributionNeedsFp32Error,
  EngineStoppedError,
  InferenceError,
  InvalidRequestError,
  MissingTensorsError,
  ModelConfigError,
  ModelFilesError,
  NativeUnavailableError,
  NonFiniteLogitsError,
  OutOfMemoryError,
  reasonOf,
  SafetensorsError,
  TensorMismatchError,
  WebGpuUnavailableError,
} from '../shared/errors'
import { ArrayFileError } from '../files/source/errors'
import { UsageError } from './base/commandLine'

/** Errors of the arguments, the text or the model. All others are failures of this program. */
const INPUT_ERRORS = [
  UsageError,
  ArrayFileError,
  InvalidRequestError,
  AttributionNeedsFp32Error,
  ModelFilesError,
  SafetensorsError,
  ModelConfigError,
  MissingTensorsError,
  TensorMismatchError,
  NonFiniteLogitsError,
  OutOfMemoryError,
  NativeUnavailableError,
  WebGpuUnavailableError,
]

export function isInputError(error: unknown): boolean {
  return INPUT_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
}

/**
 * The text of an error for a terminal. The messages of a stopped engine and of the inference runtime name the log and
 * buttons of VS Code, which a terminal does not have, so their reason is printed instead.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof EngineStoppedError) return `the engine ended unexpectedly: ${reasonOf(error)}`
  if (error instanceof InferenceError) return `the inference runtime failed: ${reasonOf(error)}`
  return error.message
}
