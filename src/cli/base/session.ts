import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defaultThreads } from '../../engine/contract/engineOptions'
import { CONVERSION_SCRIPT, conversionCommand } from '../../model/formats/conversionCommand'
import { locateModel } from '../../model/folder/locateModel'
import { defaultPrecisionOf } from '../../model/registry'
import { Comparisons } from '../../prediction/compare/comparisons'
import { Explanations } from '../../prediction/explain/explanations'
import { PredictionService } from '../../prediction/windows/predictionService'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
import { ModelFilesError, PickleFilesError } from '../../shared/errors'
import { UsageError } from './commandLine'
import type { CliEngine, CliEnvironment } from './environment'
import { ProgressLine } from './output'
import type { ModelOptions } from './sharedOptions'

/** The services that a command uses while its engine runs. */
export interface Session {
  readonly service: PredictionService
  readonly explanations: Explanations
  readonly comparisons: Comparisons
  readonly progress: ProgressLine
}

export interface SessionOptions {
  readonly options: ModelOptions
  /** Where `options.model` is. */
  readonly model: ModelLocation
  readonly environment: CliEnvironment
}

/**
 * Starts an engine for a command and disposes of it when the work is done.
 * @throws what loading the model and the work throw
 */
export async function withEngine<T>(
  { options, model, environment }: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { packageFolder, stderr } = environment
  const progress = new ProgressLine(stderr)
  let engine: CliEngine | undefined
  try {
    progress.show(`Loading ${model.id} …`)
    engine = await environment.createEngine({
      choice: options.backend,
      model,
      embedded: findModel(DEFAULT_MODEL_ID, environment),
      threads: options.threads ?? defaultThreads(availableParallelism()),
      precision: options.precision ?? defaultPrecisionOf(options.model),
      assetsFolder: join(packageFolder, 'dist'),
    })
    const service = new PredictionService(engine.api)
    const session = {
      service,
      explanations: new Explanations(engine.api, service),
      comparisons: new Comparisons(engine.api, service),
      progress,
    }
    return await withConversionCommand({ model, environment }, () => work(session))
  } finally {
    progress.clear()
    await engine?.dispose()
  }
}

/** @throws UsageError if the model does not exist */
export function findModel(idOrFolder: string, { packageFolder, variables }: CliEnvironment): ModelLocation {
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

/**
 * Runs work that loads a model.
 * @throws ModelFilesError with the command that converts the model's weights if they are pickle files, and what `work` throws
 */
export async function withConversionCommand<T>(
  { model, environment }: Pick<SessionOptions, 'model' | 'environment'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PickleFilesError)) throw error
    const { folder } = model
    const script = join(environment.packageFolder, 'media', CONVERSION_SCRIPT)
    const command = conversionCommand({ script, folder, files: await readdir(folder) })
    // The parent class, so that the command is added once: the baseline of a comparison loads inside of a session.
    throw new ModelFilesError(`${error.message} Run: ${command}`, { cause: error })
  }
}
