import { parseArgs, type ParseArgsConfig } from 'node:util'
import { MAX_THREADS } from '../engine/contract/engineOptions'
import type { BackendChoice } from '../shared/contracts/backends'
import {
  DEFAULT_MODEL_ID,
  DEFAULT_TOP_K,
  MAX_TEMPERATURE,
  MAX_TOP_K,
  MIN_TEMPERATURE,
  type Precision,
  PRECISIONS,
} from '../shared/contracts/prediction'

/** The backends of the command line, which has no graphics adapter. */
const BACKENDS = ['auto', 'native', 'wasm'] as const satisfies readonly BackendChoice[]
export type CliBackendChoice = (typeof BACKENDS)[number]

/** The source of a text. */
export type TextSource =
  | { readonly kind: 'given'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }

/** The options of `logitscope inspect`. */
export interface InspectOptions {
  readonly input: TextSource
  readonly context: TextSource
  readonly model: string
  /** Undefined: fp32 if the model fits into memory in fp32, else int8. */
  readonly precision: Precision | undefined
  readonly backend: CliBackendChoice
  readonly topK: number
  readonly startToken: boolean
  readonly temperature: number
  /** Undefined: one less than the machine's cores, at most 8. */
  readonly threads: number | undefined
  readonly json: boolean
}

export type Invocation =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'inspect'; readonly options: InspectOptions }

/** A mistake in the command line. The message is one line and says what to do instead. */
export class UsageError extends Error {}

export const USAGE = `logitscope inspect [FILE | -] [options]

Shows what the model expected at every token of a text.

  FILE                a text file in UTF-8; - reads the standard input
  --text T            the text itself, instead of FILE
  --context T         text before the inspected text; @FILE reads it from a file
  --model ID|DIR      a model's id, or a folder with config.json and model.safetensors (default: ${DEFAULT_MODEL_ID})
  --precision P       fp32 (exact; the default except for gpt2-xl, which is too large for it) or int8 (fast)
  --backend B         native (ONNX Runtime’s native library), wasm, or auto (default): native if the library is there
                      and agrees with wasm, which is checked once
  --top-k K           number of alternatives in the JSON, 1 to ${MAX_TOP_K} (default: ${DEFAULT_TOP_K});
                      the table shows as many as fit into the line, at most 5
  --no-bos            do not start with <|endoftext|>; the first token then has no score
  --temperature T     divides the logits; ${MIN_TEMPERATURE} to ${MAX_TEMPERATURE} (default: 1)
  --threads N         number of threads, 1 to ${MAX_THREADS} (default: one less than the machine has, at most 8)
  --json              print one JSON object instead of a table
  --help, --version

LOGITSCOPE_MODELS is the folder of the downloaded models, with one subfolder for each id (gpt2, distilgpt2,
gpt2-medium, gpt2-large, gpt2-xl). Logitscope: Manage Models shows its path.
LOGITSCOPE_NATIVE is the folder of the extension Logitscope Native, if the library is not in native/.
`

const OPTIONS = {
  text: { type: 'string' },
  context: { type: 'string' },
  model: { type: 'string' },
  precision: { type: 'string' },
  backend: { type: 'string' },
  'top-k': { type: 'string' },
  'no-bos': { type: 'boolean' },
  temperature: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options']

/**
 * Parses the command line.
 * @param args without the paths of Node and the script
 * @throws UsageError
 */
export function parseArguments(args: readonly string[]): Invocation {
  const { values, positionals } = parse(args)
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  const [command, ...files] = positionals
  if (command === undefined) throw new UsageError('the command is missing; use: logitscope inspect FILE')
  if (command !== 'inspect') throw new UsageError(`unknown command “${command}”; the only command is inspect`)
  return {
    kind: 'inspect',
    options: {
      input: inputOf(files, values.text),
      context: contextOf(values.context),
      model: values.model ?? DEFAULT_MODEL_ID,
      precision: precisionOf(values.precision),
      backend: backendOf(values.backend),
      topK: wholeNumber('--top-k', values['top-k'], MAX_TOP_K) ?? DEFAULT_TOP_K,
      startToken: values['no-bos'] !== true,
      temperature: temperatureOf(values.temperature),
      threads: wholeNumber('--threads', values.threads, MAX_THREADS),
      json: values.json === true,
    },
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    // Some of Node's messages have several lines.
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.replaceAll('\n', ' '), { cause: error })
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

function contextOf(value = ''): TextSource {
  return value.startsWith('@') ? { kind: 'file', path: value.slice(1) } : { kind: 'given', text: value }
}

function wholeNumber(name: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (!(number >= 1 && number <= max)) {
    throw new UsageError(`${name} takes a whole number from 1 to ${max}, not “${value}”`)
  }
  return number
}

function precisionOf(value: string | undefined): Precision | undefined {
  if (value === undefined) return undefined
  const precision = PRECISIONS.find((name) => name === value)
  if (precision === undefined)
    throw new UsageError(`--precision takes ${PRECISIONS.join(' or ')}, not “${value}”`)
  return precision
}

function backendOf(value = 'auto'): CliBackendChoice {
  const backend = BACKENDS.find((name) => name === value)
  if (backend === undefined) throw new UsageError(`--backend takes auto, native or wasm, not “${value}”`)
  return backend
}

function temperatureOf(value = '1'): number {
  const number = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : NaN
  if (!(number >= MIN_TEMPERATURE && number <= MAX_TEMPERATURE)) {
    throw new UsageError(
      `--temperature takes a number from ${MIN_TEMPERATURE} to ${MAX_TEMPERATURE}, not “${value}”`,
    )
  }
  return number
}
