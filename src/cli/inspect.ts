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
import type { InspectionReport } from '../prediction/report/report'
import type { ModelLocation } from '../shared/contracts/engineApi'
import { PickleFilesError } from '../shared/errors'
import { formatCount, formatCounted } from '../shared/text/format'
import { type InspectOptions, UsageError } from './arguments'
import type { CliEnvironment } from './environment'
import { type OutputStream, ProgressLine, terminalJson, write } from './output'
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
  const report = await createReport({ ...options, text, context }, model, environment)
  if (options.json) await writeJson(stdout, report)
  else await write(stdout, tableFor(stdout, report))
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

async function createReport(
  request: Omit<InspectOptions, 'context'> & { readonly text: string; readonly context: string },
  model: ModelLocation,
  { packageFolder, stderr, createEngine }: CliEnvironment,
): Promise<InspectionReport> {
  const engine = createEngine({
    model,
    backend: 'wasm',
    threads: request.threads ?? defaultThreads(availableParallelism()),
    precision: request.precision ?? defaultPrecisionOf(request.model),
    assetsFolder: join(packageFolder, 'dist'),
  })
  const progress = new ProgressLine(stderr)
  try {
    progress.show(`Loading ${model.id} …`)
    return await inspectText(new PredictionService(engine.api), request, {
      onProgress: (scored, tokens) => {
        progress.show(`${formatCount(scored)} of ${formatCounted(tokens, 'token')} …`)
      },
    })
  } catch (error) {
    if (!(error instanceof PickleFilesError)) throw error
    throw await withConversionCommand(error, model, join(packageFolder, 'media', CONVERSION_SCRIPT))
  } finally {
    progress.clear()
    await engine.dispose()
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

/** Writes position by position, because the JSON of a long text can exceed V8's maximum string length. */
async function writeJson(stdout: OutputStream, report: InspectionReport): Promise<void> {
  const [head = '', tail = ''] = terminalJson({ ...report, positions: [] }).split('"positions":[]')
  await write(stdout, `${head}"positions":[`)
  for (const [i, position] of report.positions.entries()) {
    await write(stdout, `${i === 0 ? '' : ','}${terminalJson(position)}`)
  }
  await write(stdout, `]${tail}\n`)
}

/** Width of the table if the output is not a terminal. */
const DEFAULT_COLUMNS = 120

function tableFor(stdout: OutputStream, report: InspectionReport): string {
  const isTerminal = stdout.isTTY === true
  return formatTable(report, {
    columns: (isTerminal ? stdout.columns : undefined) ?? DEFAULT_COLUMNS,
    colors: isTerminal && stdout.hasColors?.(256) === true,
  })
}
