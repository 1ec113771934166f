import {
  MissingTensorsError,
  ModelConfigError,
  ModelFilesError,
  SafetensorsError,
  TensorMismatchError,
} from './errors'

/** Whether the model's files are at fault, so that no backend can load it. */
export function isModelError(error: unknown): error is Error {
  return MODEL_ERRORS.some((ErrorClass) => error instanceof ErrorClass)
}

const MODEL_ERRORS = [
  ModelFilesError,
  SafetensorsError,
  ModelConfigError,
  MissingTensorsError,
  TensorMismatchError,
]
