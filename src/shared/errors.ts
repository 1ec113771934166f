import type { Remedy } from './remedies'

/**
 * An error with a message for the user: `message` says what is wrong and what to do, `cause` has the technical reason
 * for the log. Its class is preserved when it is sent from a worker.
 */
export class LogitscopeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The caller cancelled the request. */
export class CancelledError extends LogitscopeError {
  constructor() {
    super('Cancelled.')
  }
}

/** The engine ended before it answered. */
export class EngineStoppedError extends LogitscopeError {}

/** The text is too long to be scored while it is edited. */
export class LiveTextTooLongError extends LogitscopeError {}

/** The tokenizer crashed; the engine must be restarted. */
export class TokenizerCrashedError extends LogitscopeError {}

/** A file of the model is missing or cannot be read. */
export class ModelFilesError extends LogitscopeError {}

/** The model folder has weights only in PyTorch's pickle format. */
export class PickleFilesError extends ModelFilesError {}

/** The model folder has weights but no `config.json`. */
export class NoConfigError extends ModelFilesError {}

/** A weights file is not a well-formed safetensors file, or the shard index does not match the shards. */
export class SafetensorsError extends LogitscopeError {}

/** `config.json` is not a supported GPT-2 configuration. */
export class ModelConfigError extends LogitscopeError {}

/** The checkpoint lacks tensors that its configuration requires; the message lists them. */
export class MissingTensorsError extends LogitscopeError {}

/** A tensor's shape or type differs from what the configuration requires. */
export class TensorMismatchError extends LogitscopeError {}

/** The model's output contains NaN or infinity, which is never shown as a number. */
export class NonFiniteLogitsError extends LogitscopeError {}

/** The inference runtime failed or could not be started. */
export class InferenceError extends LogitscopeError {}

/** The machine has not enough memory for the model. */
export class OutOfMemoryError extends LogitscopeError {}

/** The machine has not enough memory for the model in fp32; int8 needs about a third. */
export class Fp32OutOfMemoryError extends OutOfMemoryError {}

/** There is not enough memory for a model to compare with beside the one that is loaded. */
export class BaselineMemoryError extends OutOfMemoryError {}

/** WebGPU or a graphics adapter is missing, or the adapter does not support the model. */
export class WebGpuUnavailableError extends LogitscopeError {}

/** The graphics adapter was lost during use. */
export class WebGpuLostError extends LogitscopeError {}

/** The native runtime is missing, cannot be loaded, or is not exact on this machine. */
export class NativeUnavailableError extends LogitscopeError {}

/** The engine has another model than the one that the request names. */
export class ModelChangedError extends LogitscopeError {}

/** The configured address of the hub is not allowed. */
export class InvalidEndpointError extends LogitscopeError {}

/** The connection to the hub failed; downloaded bytes are kept. */
export class HubConnectionError extends LogitscopeError {}

/** The hub answered that it does not serve the file. */
export class HubRefusalError extends LogitscopeError {}

/** A file's digest differs from the one that the registry pins. */
export class PinnedFileError extends LogitscopeError {}

/** The disk has not enough free space for the model. */
export class DiskSpaceError extends LogitscopeError {}

/** Another window is working on the model's files. */
export class ModelBusyError extends LogitscopeError {}

/** The engine of another extension gave an answer that cannot be right. */
export class MalformedAnswerError extends LogitscopeError {}

/** A request to the engine has an invalid argument. */
export class InvalidRequestError extends LogitscopeError {}

/** The model is loaded in int8, in which the parts of a logit do not add up exactly. */
export class AttributionNeedsFp32Error extends LogitscopeError {}

/** Answering a question of the panel's page failed. */
export class PanelCallError extends LogitscopeError {
  /** The commands that the page offers. */
  readonly remedies: readonly Remedy[]

  constructor(message: string, { remedies = [], ...options }: PanelCallErrorOptions = {}) {
    super(message, options)
    this.remedies = remedies
  }
}

interface PanelCallErrorOptions extends ErrorOptions {
  readonly remedies?: readonly Remedy[]
}

const ERROR_CLASSES: Record<
  string,
  new (message: string, options?: PanelCallErrorOptions) => LogitscopeError
> = {
  CancelledError,
  EngineStoppedError,
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
  BaselineMemoryError,
  WebGpuUnavailableError,
  WebGpuLostError,
  NativeUnavailableError,
  ModelChangedError,
  InvalidEndpointError,
  HubConnectionError,
  HubRefusalError,
  PinnedFileError,
  DiskSpaceError,
  ModelBusyError,
  MalformedAnswerError,
  InvalidRequestError,
  AttributionNeedsFp32Error,
  PanelCallError,
}

/** An error in a form that can be sent between threads. */
export interface ErrorRecord {
  readonly name: string
  readonly message: string
  /** The stack and the stacks of its causes, for the log. */
  readonly details: string
  /** Of a PanelCallError. */
  readonly remedies?: readonly Remedy[]
}

export function toErrorRecord(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), details: String(error) }
  const details = [error, ...causesOf(error)].map(({ stack, message }) => stack ?? message)
  const { name, message } = error
  const record = { name, message, details: details.join(CAUSED_BY) }
  return error instanceof PanelCallError ? { ...record, remedies: error.remedies } : record
}

/**
 * The technical reason of an error on one line, such as `RangeError: offset is out of bounds`: its innermost cause, also
 * if the error was sent from a worker. The error's own message if it has no cause.
 */
export function reasonOf(error: Error): string {
  const innermost = [error, ...causesOf(error)].at(-1) ?? error
  // The message of a sent error's cause is the sender's details.
  const [reason = ''] = (String(innermost).split(CAUSED_BY).at(-1) ?? '').split('\n')
  return reason.replace(/^(Error: )+/, '')
}

const CAUSED_BY = '\ncaused by '

function causesOf({ cause }: Error): Error[] {
  return cause instanceof Error ? [cause, ...causesOf(cause)] : []
}

/** Restores an error of the same class, with the sender's details as its cause. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const ErrorClass = ERROR_CLASSES[record.name]
  const cause = new Error(record.details)
  return ErrorClass === undefined
    ? new Error(record.message, { cause })
    : new ErrorClass(record.message, { cause, remedies: record.remedies })
}
