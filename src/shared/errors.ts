/**
 * An error that people are meant to read: `message` says what is wrong and what to do,
 * `cause` keeps the technical reason for the log. Its class survives the way out of a worker.
 */
export class LogitscopeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The request was cancelled by the one who made it. */
export class CancelledError extends LogitscopeError {
  constructor() {
    super('Cancelled.')
  }
}

/** The engine ended before it could answer. */
export class EngineStoppedError extends LogitscopeError {}

/** A run of one character class that GPT-2's tokenizer would choke on. */
export class TextRunTooLongError extends LogitscopeError {}

/** A text with more than can be followed while it is edited. */
export class LiveTextTooLongError extends LogitscopeError {}

/** The tokenizer crashed; the engine has to be started anew. */
export class TokenizerCrashedError extends LogitscopeError {}

/** The model folder lacks a file, or it cannot be read. */
export class ModelFilesError extends LogitscopeError {}

/** The model folder has its weights in files of PyTorch's pickle format only. */
export class PickleFilesError extends ModelFilesError {}

/** The model folder has weights but no `config.json`. */
export class NoConfigError extends ModelFilesError {}

/** A file of the weights is not a well-formed safetensors file, or the index of its shards does not fit them. */
export class SafetensorsError extends LogitscopeError {}

/** `config.json` is not a GPT-2 configuration that can be run. */
export class ModelConfigError extends LogitscopeError {}

/** The checkpoint lacks tensors that its configuration calls for; the message lists them. */
export class MissingTensorsError extends LogitscopeError {}

/** A tensor has not the shape or type that the configuration calls for. */
export class TensorMismatchError extends LogitscopeError {}

/** The model put out NaN or infinity; never shown as a number. */
export class NonFiniteLogitsError extends LogitscopeError {}

/** The inference runtime could not be started, or failed. */
export class InferenceError extends LogitscopeError {}

/** The machine could not give the model the memory that it needs. */
export class OutOfMemoryError extends LogitscopeError {}

/** Of an exact model; in int8 it needs a quarter. */
export class Fp32OutOfMemoryError extends OutOfMemoryError {}

/** There is no WebGPU, no graphics adapter for it, or it cannot do what was asked. */
export class WebGpuUnavailableError extends LogitscopeError {}

/** The graphics adapter was taken away while it was in use. */
export class WebGpuLostError extends LogitscopeError {}

/** Another model speaks now than the one that the request is about. */
export class ModelChangedError extends LogitscopeError {}

/** The setting for the hub's address is none that models may come from. */
export class InvalidEndpointError extends LogitscopeError {}

/** The hub could not be reached, or not long enough; what has come is kept. */
export class HubConnectionError extends LogitscopeError {}

/** The hub answered, and does not give the file. */
export class HubRefusalError extends LogitscopeError {}

/** A file is not the one that the registry pins. */
export class PinnedFileError extends LogitscopeError {}

/** The disk has no room for the model. */
export class DiskSpaceError extends LogitscopeError {}

/** Another window is at work on the model's files. */
export class ModelBusyError extends LogitscopeError {}

/** An argument that no caller of the engine may pass. */
export class InvalidRequestError extends LogitscopeError {}

const ERROR_CLASSES: Record<string, new (message: string, options?: ErrorOptions) => LogitscopeError> = {
  CancelledError,
  EngineStoppedError,
  TextRunTooLongError,
  LiveTextTooLongError,
  TokenizerCrashedError,
  ModelFilesError,
  PickleFilesError,
  NoConfigError,
  SafetensorsError,
  ModelConfigError,
  MissingTensorsError,
  TensorMismatchError,
  NonFiniteLogitsError,
  InferenceError,
  OutOfMemoryError,
  Fp32OutOfMemoryError,
  WebGpuUnavailableError,
  WebGpuLostError,
  ModelChangedError,
  InvalidEndpointError,
  HubConnectionError,
  HubRefusalError,
  PinnedFileError,
  DiskSpaceError,
  ModelBusyError,
  InvalidRequestError,
}

/** An error as it crosses between threads. */
export interface ErrorRecord {
  readonly name: string
  readonly message: string
  /** For the log: the stack, and that of the cause. */
  readonly details: string
}

export function toErrorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), details: String(error) }
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : ''
  return { name: error.name, message: error.message, details: (error.stack ?? error.message) + cause }
}

/** The error of the other side, of the same class, with the other side's details as its cause. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const ErrorClass = ERROR_CLASSES[record.name]
  const cause = new Error(record.details)
  return ErrorClass === undefined
    ? new Error(record.message, { cause })
    : new ErrorClass(record.message, { cause })
}
