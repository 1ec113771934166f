import { PassThrough, type Transform } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { CliEnvironment } from '../../../src/cli/base/environment'
import { runCli } from '../../../src/cli/run'
import { connect } from '../engine/engineUnderTest'
import { loadModel } from '../engine/loadModel'
import { hashEngine } from '../fakes/hashEngine'
import { MINI } from '../texts/samples'

/** The folder of the package. */
export const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string | Buffer
  readonly variables?: CliEnvironment['variables']
  /** Default: a stream whose reader is never late. */
  readonly stdout?: Transform
  /** Default: an engine without a model. */
  readonly createEngine?: CliEnvironment['createEngine']
  /** Default: no command starts a reference model. */
  readonly startReference?: CliEnvironment['startReference']
}

/** Runs the command line in this process. */
export async function run(
  args: readonly string[],
  {
    input = '',
    variables = {},
    stdout = new PassThrough(),
    startReference = () => {
      throw new Error('this test starts no reference model')
    },
    createEngine = ({ model }) => disposable(hashEngine({ ...MINI, id: model.id })),
  }: RunOptions = {},
): Promise<Outcome> {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()]
  const outputs = Promise.all([readAll(stdout), readAll(stderr)])
  stdin.end(input)
  const environment = {
    stdin,
    stdout,
    stderr,
    variables,
    packageFolder: PACKAGE,
    createEngine,
    startReference,
  }
  const code = await runCli(args, environment)
  stdout.end()
  stderr.end()
  const [out, error] = await outputs
  return { code, stdout: out, stderr: error }
}

/** An engine in this thread that loads the model from its folder, as the engine's thread does. */
export const FROM_FOLDER: RunOptions = {
  createEngine: ({ model, precision, threads }) =>
    disposable({
      ...hashEngine(),
      model: async () => (await loadModel(model, { precision, threads })).info,
    }),
}

export function disposable(
  engine: Parameters<typeof connect>[0],
): ReturnType<CliEnvironment['createEngine']> {
  return { api: connect(engine), dispose: () => Promise.resolve() }
}
