// The options that every command has, and the text that it is about.

import { MAX_THREADS } from '../../engine/contract/engineOptions'
import { BACKEND_CHOICES, type BackendChoice } from '../../shared/contracts/engine/backends'
import { DEFAULT_MODEL_ID, type Precision, PRECISIONS } from '../../shared/contracts/engine/prediction'
import { oneOf, UsageError, wholeNumber } from './commandLine'

/** The source of a text. */
export type TextSource =
  | { readonly kind: 'given'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }

/** The model and how it runs. */
export interface ModelOptions {
  readonly model: string
  /** Undefined: fp32 if the model fits into memory in fp32, else int8. */
  readonly precision: Precision | undefined
  readonly backend: BackendChoice
  /** Undefined: one less than the machine's cores, at most 8. */
  readonly threads: number | undefined
}

export interface SharedOptions extends ModelOptions {
  readonly startToken: boolean
  readonly json: boolean
}

export const SHARED_OPTIONS = {
  model: { type: 'string' },
  precision: { type: 'string' },
  backend: { type: 'string' },
  'no-bos': { type: 'boolean' },
  threads: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const SHARED_USAGE = `\
  --model ID|DIR      a model's id, or a folder with config.json and model.safetensors (default: ${DEFAULT_MODEL_ID})
  --precision P       fp32 (exact; the default except for gpt2-xl, which is too large for it) or int8 (fast)
  --backend B         native (ONNX Runtime’s native library), webgpu (a graphics adapter through that library), wasm, or
                      auto (default): native if the library is there and agrees with wasm, which is tested once
  --no-bos            do not start with <|endoftext|>; the first token then has no score
  --threads N         number of threads, 1 to ${MAX_THREADS} (default: one less than the machine has, at most 8)
  --json              print JSON
  --help`

/** @throws UsageError */
export function sharedOptionsOf(values: {
  readonly model?: string
  readonly precision?: string
  readonly backend?: string
  readonly 'no-bos'?: boolean
  readonly threads?: string
  readonly json?: boolean
}): SharedOptions {
  return {
    model: values.model ?? DEFAULT_MODEL_ID,
    precision: oneOf('--precision', values.precision, PRECISIONS),
    backend: oneOf('--backend', values.backend, BACKEND_CHOICES) ?? 'auto',
    startToken: values['no-bos'] !== true,
    threads: wholeNumber('--threads', values.threads, { max: MAX_THREADS }),
    json: values.json === true,
  }
}

/** The text of a command, and the text before it. */
export interface TextOptions {
  readonly input: TextSource
  readonly context: TextSource
}

export const TEXT_OPTIONS = { text: { type: 'string' }, context: { type: 'string' } } as const

export const TEXT_USAGE = `\
  FILE                a text file in UTF-8; - reads the standard input
  --text T            the text itself, instead of FILE
  --context T         text before the text; @FILE reads it from a file`

/** @throws UsageError */
export function textOptionsOf(
  files: readonly string[],
  { text, context = '' }: { readonly text?: string; readonly context?: string },
): TextOptions {
  return {
    input: inputOf(files, text),
    context: context.startsWith('@')
      ? { kind: 'file', path: context.slice(1) }
      : { kind: 'given', text: context },
  }
}

function inputOf(files: readonly string[], text: string | undefined): TextSource {
  const [path, surplus] = files
  if (surplus !== undefined) throw new UsageError(`give only one FILE; ${surplus} is one too many`)
  if (text !== undefined) {
    if (path !== undefined) throw new UsageError('give FILE or --text, not both')
    return { kind: 'given', text }
  }
  if (path === undefined) throw new UsageError('give a FILE, - for the standard input, or --text')
  return path === '-' ? { kind: 'stdin' } : { kind: 'file', path }
}
