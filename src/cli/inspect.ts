import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defaultThreads } from '../engine/contract/engineOptions'
import { locateModel } from '../model/folder/locateModel'
import { CONVERSION_SCRIPT, conversionCommand } from '../model/formats/conversionCommand'
import { defaultPrecisionOf } from '../model/registry'
import { inspectText } from '../prediction/inspectText'
import { PredictionService } from '../prediction/predictionService'
import { jsonPieces } from '../prediction/report/json'
import { type StreamedReport, streamedReportOf } from '../prediction/report/report'
import type { ModelLocation } from '../shared/contracts/engineApi'
import { DEFAULT_MODEL_ID, type Inspection } from '../shared/contracts/prediction'
import { PickleFilesError } from '../shared/errors'
import { formatCount, formatCounted } from '../shared/text/format'
import type { Vocabulary } from '../shared/text/vocabulary'
import { type InspectOptions, UsageError } from './arguments'
import type { CliEngine, CliEnvironment } from './environment'
import { type OutputStream, ProgressLine, write } from './output'
import { formatTable } from './table'
import { readText } from './textSource'

/**
 * Runs `logitscope inspect`: prints the report to stdout and the progress to stderr.
 * @throws UsageError, and what loading or running the model throws
 */
export async function inspect(options: InspectOptions, environment: CliEnvironment): Promise<void> {
  const { stdin, stdout } = environment
  const model = locate(options.model, environment)
  const text = await readText(options.input, stdin)
  const context = await readText(options.context, stdin)
  const { inspection, vocabulary } = await runInspection({ ...options, text, context }, model, environment)
  if (options.json) {
    // Awaiting each write keeps a slow reader's output out of memory.
    for (const piece of jsonPieces(inspection, vocabulary, options)) await write(stdout, piece.text)
  } else {
    await write(stdout, tableFor(stdout, streamedReportOf(inspection, vocabulary, options)))
  }
}

function locate(idOrFolder: string, { packageFolder, variables }: CliEnvironment): ModelLocation {
  try {
    const model = locateModel(idOrFolder, {
      embedded: join(packageFolder, 'media', 'models'),
      store: variables.LOGITSCOPE_MODELS || undefined,
      howToGet: 'download it in VS Code and set LOGITSCOPE_MODELS to the folder of its models.',
    })
    if (model.ifMissing !== undefined && !existsSync(model.folder)) throw new UsageError(model.ifMissing)
    return model
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

interface Results {
  readonly inspection: Inspection
  readonly vocabulary: Vocabulary
}

async function runInspection(
  request: Omit<InspectOptions, 'context'> & { readonly text: string; readonly context: string },
  model: ModelLocation,
  environment: CliEnvironment,
): Promise<Results> {
  const { packageFolder, stderr } = environment
  const progress = new ProgressLine(stderr)
  let engine: CliEngine | undefined
  try {
    progress.show(`Loading ${model.id} …`)
    engine = await environment.createEngine({
      choice: request.backend,
      model,
      embedded: locate(DEFAULT_MODEL_ID, environment),
      threads: request.threads ?? defaultThreads(availableParallelism()),
      precision: request.precision ?? defaultPrecisionOf(request.model),
      assetsFolder: join(packageFolder, 'dist'),
    })
    const service = new PredictionService(engine.api)
    const inspection = await inspectText(service, request, {
      onProgress: (scored, tokens) => {
        progress.show(`${formatCount(scored)} of ${formatCounted(tokens, 'token')} …`)
      },
    })
    return { inspection, vocabulary: await service.vocabulary() }
  } catch (error) {
    if (!(error instanceof PickleFilesError)) throw error
    throw await withConversionCommand(error, model, join(packageFolder, 'media', CONVERSION_SCRIPT))
  } finally {
    progress.clear()
    await engine?.dispose()
  }
}

/** Adds the command that converts the pickle files to the error's message. */
async function withConversionCommand(
  error: PickleFilesError,
  { folder }: ModelLocation,
  script: string,
): Promise<Error> {
  const command = conversionCommand({ script, folder, files: await readdir(folder) })
  return new PickleFilesError(`${error.message} Run: ${command}`, { cause: error })
}

/** Width of the table if the output is not a terminal. */
const DEFAULT_COLUMNS = 120

function tableFor(stdout: OutputStream, report: StreamedReport): string {
  const isTerminal = stdout.isTTY === true
  return formatTable(report, {
    columns: (isTerminal ? stdout.columns : undefined) ?? DEFAULT_COLUMNS,
    colors: isTerminal && stdout.hasColors?.(256) === true,
  })
}
