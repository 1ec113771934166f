import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEngine } from '../engine/client/engineHandle'
import { defaultThreads } from '../engine/contract/engineOptions'
import { spawnWorker } from '../engine/client/spawnWorker'
import { defaultPrecisionOf } from '../model/registry'
import { CONVERSION_SCRIPT, conversionCommand } from '../model/formats/conversionCommand'
import { locateModel } from '../model/folder/locateModel'
import { inspectText } from '../prediction/inspectText'
import { PredictionService } from '../prediction/predictionService'
import type { InspectionReport } from '../prediction/report/report'
import type { ModelLocation } from '../shared/contracts/engineApi'
import type { Precision } from '../shared/contracts/prediction'
import { PickleFilesError } from '../shared/errors'
import { formatCount, formatCounted } from '../shared/text/format'
import { type InspectOptions, UsageError } from './arguments'
import { ProgressLine, write } from './output'
import { formatTable } from './table'
import { readText } from './textSource'

/** The folder of the bundles, and of the WASM and tables that the engine loads. */
const DIST = dirname(fileURLToPath(import.meta.url))
const MEDIA = join(DIST, '..', 'media')
const EMBEDDED_MODELS = join(MEDIA, 'models')
const SCRIPT = join(MEDIA, CONVERSION_SCRIPT)

/** Where the output's width is not known, as in a pipe. */
const DEFAULT_COLUMNS = 120

/** Runs `logitscope inspect`: the report goes to stdout, everything else to stderr. */
export async function inspect(options: InspectOptions): Promise<void> {
  const model = locate(options.model)
  const text = await readText(options.input)
  const context = await readText(options.context)
  const report = await reportOn({
    ...options,
    precision: options.precision ?? defaultPrecisionOf(options.model),
    text,
    context,
    model,
  })
  if (options.json) await writeJson(process.stdout, report)
  else await write(process.stdout, tableFor(process.stdout, report))
}

function locate(idOrFolder: string): ModelLocation {
  try {
    const model = locateModel(idOrFolder, {
      embedded: EMBEDDED_MODELS,
      store: process.env.LOGITSCOPE_MODELS || undefined,
      howToGet: 'download it in VS Code, and let LOGITSCOPE_MODELS name the folder of its models.',
    })
    if (model.ifMissing !== undefined && !existsSync(model.folder)) throw new UsageError(model.ifMissing)
    return model
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

type ReportRequest = Omit<InspectOptions, 'input' | 'context' | 'model' | 'precision'> & {
  readonly precision: Precision
  readonly text: string
  readonly context: string
  readonly model: ModelLocation
}

async function reportOn(request: ReportRequest): Promise<InspectionReport> {
  const threads = request.threads ?? defaultThreads(availableParallelism())
  const engine = createEngine(() =>
    spawnWorker({
      model: request.model,
      backend: 'wasm',
      threads,
      precision: request.precision,
      assetsFolder: DIST,
    }),
  )
  const progress = new ProgressLine(process.stderr)
  try {
    progress.show(`Loading ${request.model.id} …`)
    return await inspectText(new PredictionService(engine.api), request, {
      onProgress: (scored, tokens) => {
        progress.show(`${formatCount(scored)} of ${formatCounted(tokens, 'token')} …`)
      },
    })
  } catch (error) {
    throw error instanceof PickleFilesError ? await withConversionCommand(error, request.model) : error
  } finally {
    progress.clear()
    await engine.dispose()
  }
}

/** The error of a folder with pickle files, with the command that converts them. */
async function withConversionCommand(error: PickleFilesError, { folder }: ModelLocation): Promise<Error> {
  const command = conversionCommand({ script: SCRIPT, folder, files: await readdir(folder) })
  return new PickleFilesError(`${error.message} Run: ${command}`, { cause: error })
}

/** Position by position: as one string a long text would be more than V8 can hold. */
async function writeJson(stdout: NodeJS.WriteStream, report: InspectionReport): Promise<void> {
  const [head, tail] = JSON.stringify({ ...report, positions: [] }).split('"positions":[]')
  await write(stdout, `${head}"positions":[`)
  for (const [i, position] of report.positions.entries()) {
    await write(stdout, `${i === 0 ? '' : ','}${JSON.stringify(position)}`)
  }
  await write(stdout, `]${tail}\n`)
}

function tableFor(stdout: NodeJS.WriteStream, report: InspectionReport): string {
  return formatTable(report, {
    columns: stdout.isTTY ? stdout.columns : DEFAULT_COLUMNS,
    // NO_COLOR, TERM=dumb and their like are Node's business.
    colors: stdout.isTTY && stdout.hasColors(256),
  })
}
