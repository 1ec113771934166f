import { version } from '../../package.json'
import { assertNever } from '../shared/assertNever'
import { parseArguments, USAGE } from './arguments'
import type { CliEnvironment } from './environment'
import { failureText, isInputError } from './failure'
import { inspect } from './inspect'
import { isClosedPipe, oneLine, type OutputStream, write } from './output'

/**
 * Runs the command line. Never rejects: errors are printed to stderr, each on one line.
 * @param args without the paths of Node and the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const { stdout, stderr } = environment
  try {
    const invocation = parseArguments(args)
    switch (invocation.kind) {
      case 'help':
        await write(stdout, USAGE)
        break
      case 'version':
        await write(stdout, `${version}\n`)
        break
      case 'inspect':
        await inspect(invocation.options, environment)
        break
      default:
        assertNever(invocation)
    }
    return SUCCESS
  } catch (error) {
    return isClosedPipe(error) ? SUCCESS : await reportError(stderr, error)
  }
}

const SUCCESS = 0
const FAILURE = 1
const BAD_INPUT = 2

async function reportError(stderr: OutputStream, error: unknown): Promise<number> {
  // If stderr is closed, the exit code still reports the failure.
  await write(stderr, `logitscope: ${oneLine(failureText(error))}\n`).catch(() => undefined)
  return isInputError(error) ? BAD_INPUT : FAILURE
}
