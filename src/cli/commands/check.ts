import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { checkLogits } from '../../check/checkLogits'
import { chooseReference, type UseReference } from '../../check/chooseReference'
import { defaultThreads } from '../../engine/contract/engineOptions'
import { openFileOnDisk } from '../../files/source/fileOnDisk'
import type { FileSource } from '../../files/source/fileSource'
import { openHidden } from '../../files/logits/hiddenStates'
import { idsInText, openIds, type SavedIds } from '../../files/logits/ids'
import type { HiddenStates, LogitsFile } from '../../files/logits/logitsFile'
import { openLogits } from '../../files/logits/openLogits'
import { CONFIG_FILE } from '../../model/formats/modelFiles'
import { PINNED_MODELS } from '../../model/registry'
import type { PredictionService } from '../../prediction/windows/predictionService'
import { printableJson } from '../../prediction/report/json/json'
import { assertNever } from '../../shared/assertNever'
import type { CheckResult } from '../../shared/contracts/check/checkResult'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
import { type Command, DIFFERENT, SUCCESS } from '../base/command'
import { parseCommandLine, UsageError } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { write } from '../base/output'
import { findModel, type Session, withEngine } from '../base/session'
import {
  SHARED_OPTIONS,
  type SharedOptions,
  sharedOptionsOf,
  type TextSource,
  textOptionsOf,
} from '../base/sharedOptions'
import { readText } from '../base/textSource'
import { formatCheck } from './checkText'

const SUMMARY = 'Checks saved logits of your own GPT-2 against the model, and names the mistake.'

export const checkCommand: Command = {
  summary: SUMMARY,
  usage: `logitscope check LOGITS [FILE | -] [options]

${SUMMARY}

  LOGITS              a .npy, .npz or safetensors file of logits, log-probabilities or probabilities
  FILE                the text of the logits, a file in UTF-8; - reads the standard input. Not needed if LOGITS has ids
  --text T            the text itself, instead of FILE
  --tokens IDS        the token ids instead of a text: a list such as 464,2068 or a file of ids
  --hidden FILE       hidden states h.{i}.attn, h.{i}.mlp and h.{i}, if they are not in LOGITS
  --second FILE       the logits of a second run of the same code: if the two runs differ, dropout is on
  --array NAME        the array of the logits, if LOGITS has several
  --model ID|DIR      the reference: a model's id, or a folder with config.json and model.safetensors (default: of
                      ${DEFAULT_MODEL_ID} and the downloaded models the one that fits best)
  --backend B         native, wasm, or auto (default): native if the library is there and agrees with wasm
  --threads N         number of threads
  --json              print JSON
  --help

Exit codes: 0 equal; 3 different; 2 bad usage, or a file or model that cannot be used; 1 failure.
`,
  run: (args, environment) => check(checkOptionsOf(args), environment),
}

export interface CheckOptions extends Omit<SharedOptions, 'model'> {
  readonly logits: string
  /** Undefined: the one that fits best. */
  readonly model: string | undefined
  readonly tokens: TokenSource
  readonly hidden: string | undefined
  /** A file of the same code and text. */
  readonly second: string | undefined
  readonly array: string | undefined
}

/** The source of the tokens that the file's rows belong to. */
export type TokenSource =
  | { readonly kind: 'text'; readonly text: TextSource }
  | { readonly kind: 'list'; readonly ids: SavedIds }
  | { readonly kind: 'idsFile'; readonly path: string }
  /** The file of logits has the ids. */
  | { readonly kind: 'logitsFile' }

/** @throws UsageError; ArrayFileError if `--tokens` is not one list of token ids */
export function checkOptionsOf(args: readonly string[]): CheckOptions {
  const { values, positionals } = parseCommandLine(args, {
    ...SHARED_OPTIONS,
    text: { type: 'string' },
    tokens: { type: 'string' },
    hidden: { type: 'string' },
    second: { type: 'string' },
    array: { type: 'string' },
  })
  const [logits, ...files] = positionals
  if (logits === undefined) throw new UsageError('give the file of LOGITS, .npy, .npz or safetensors')
  if (values.precision === 'int8') throw new UsageError('check compares in fp32; leave --precision int8 out')
  return {
    ...sharedOptionsOf(values),
    logits,
    model: values.model,
    tokens: tokenSourceOf(files, values),
    hidden: values.hidden,
    second: values.second,
    array: values.array,
  }
}

function tokenSourceOf(
  files: readonly string[],
  { text, tokens }: { readonly text?: string; readonly tokens?: string },
): TokenSource {
  if (tokens === undefined) {
    if (files.length === 0 && text === undefined) return { kind: 'logitsFile' }
    return { kind: 'text', text: textOptionsOf(files, { ...(text !== undefined && { text }) }).input }
  }
  if (files.length > 0 || text !== undefined) throw new UsageError('give --tokens or a text, not both')
  const ids = idsInText(tokens, '--tokens')
  return ids === undefined ? { kind: 'idsFile', path: tokens } : { kind: 'list', ids }
}

/**
 * Prints the verdict to stdout and the progress to stderr.
 * @throws UsageError, ArrayFileError, and what loading or running the model throws
 */
async function check(options: CheckOptions, environment: CliEnvironment): Promise<number> {
  const { stdout } = environment
  const embedded = findModel(DEFAULT_MODEL_ID, environment)
  // The embedded model shows which backend agrees with WASM, and the engine tokenizes.
  const result = await withEngine(
    { options: { ...options, model: DEFAULT_MODEL_ID, precision: 'fp32' }, model: embedded, environment },
    (session) =>
      withLogits(options.logits, options, (file) => checkFile(file, { options, environment, session })),
  )
  await write(stdout, options.json ? `${printableJson(result.report)}\n` : formatCheck(result))
  return result.report.verdict === 'equal' ? SUCCESS : DIFFERENT
}

interface Work {
  readonly options: CheckOptions
  readonly environment: CliEnvironment
  readonly session: Session
}

async function checkFile(file: LogitsFile, work: Work): Promise<CheckResult> {
  const { options, environment, session } = work
  const { progress } = session
  const { tokenIds, remarks: tokenRemarks } = await tokensOf(file, work)
  const use = await referencesOf(work)
  const model =
    options.model ??
    (await chooseReference(file, installedModels(environment), {
      tokenIds,
      use,
      onModel: (id) => {
        progress.show(`Comparing with ${id} …`)
      },
    }))
  progress.show(`Loading ${model} …`)
  const onProgress = (done: number, total: number) => {
    progress.show(`Comparing, ${done} of ${total} …`)
  }
  return withOtherFiles(options, (files) =>
    use(model, (api) => checkLogits(file, api, { tokenIds, tokenRemarks, ...files, onProgress })),
  )
}

/** @throws UsageError if neither the arguments nor the file say which tokens the rows are of */
async function tokensOf(
  file: LogitsFile,
  { options: { tokens }, environment: { stdin }, session: { service } }: Work,
): Promise<SavedIds> {
  switch (tokens.kind) {
    case 'text':
      return { tokenIds: await tokenIdsOf(await readText(tokens.text, stdin), service), remarks: [] }
    case 'list':
      return tokens.ids
    case 'idsFile':
      return withSource(tokens.path, openIds)
    case 'logitsFile':
      // The file's remarks have those on its ids.
      if (file.ids !== undefined) return { tokenIds: file.ids, remarks: [] }
      throw new UsageError(
        `${file.name} does not say which tokens its rows are of; give a text FILE, --text or --tokens`,
      )
    default:
      return assertNever(tokens)
  }
}

async function tokenIdsOf(text: string, service: PredictionService): Promise<Int32Array> {
  return (await service.tokenize(text)).tokenIds
}

/** Starts each reference model when it is used, on the backend that agrees with WASM, and ends it afterwards. */
async function referencesOf({ options, environment, session }: Work): Promise<UseReference> {
  const { backend } = await session.service.model()
  return async (id, work) => {
    const reference = environment.startReference({
      model: findModel(id, environment),
      backend: backend === 'wasm' ? 'wasm' : 'native',
      threads: options.threads ?? defaultThreads(availableParallelism()),
      assetsFolder: join(environment.packageFolder, 'dist'),
    })
    try {
      return await work(reference.api)
    } finally {
      await reference.dispose()
    }
  }
}

/** The embedded model and the downloaded ones, the smallest first. */
function installedModels({ variables }: CliEnvironment): readonly [string, ...string[]] {
  const store = variables.LOGITSCOPE_MODELS
  const stored = store ? PINNED_MODELS.filter(({ id }) => existsSync(join(store, id, CONFIG_FILE))) : []
  const bySize = [...stored].sort((a, b) => a.parameters - b.parameters)
  return [DEFAULT_MODEL_ID, ...bySize.map(({ id }) => id)]
}

async function withLogits<T>(
  path: string,
  { array }: CheckOptions,
  work: (file: LogitsFile) => Promise<T>,
): Promise<T> {
  const file = await openLogits(await openFileOnDisk(path), { ...(array !== undefined && { array }) })
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** The files that are given besides the logits. */
interface OtherFiles {
  readonly hidden?: HiddenStates
  readonly secondRun?: LogitsFile
}

async function withOtherFiles<T>(options: CheckOptions, work: (files: OtherFiles) => Promise<T>): Promise<T> {
  const { hidden, second } = options
  const withSecond = (files: OtherFiles) =>
    second === undefined
      ? work(files)
      : withLogits(second, options, (secondRun) => work({ ...files, secondRun }))
  return hidden === undefined
    ? withSecond({})
    : withSource(hidden, async (source) => withSecond({ hidden: await openHidden(source) }))
}

async function withSource<T>(path: string, read: (source: FileSource) => Promise<T>): Promise<T> {
  const source = await openFileOnDisk(path)
  try {
    return await read(source)
  } finally {
    await source.bytes.close()
  }
}
