import { version } from '../../package.json'
import { parseArguments, USAGE, UsageError } from './arguments'
import { inspect } from './inspect'
import { isClosedPipe, oneLine, write } from './output'
import { assertNever } from '../shared/assertNever'
import { TextRunTooLongError } from '../shared/errors'

const FAILURE = 1
const BAD_USAGE = 2

/** Runs the command line and resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const invocation = parseArguments(args)
    switch (invocation.kind) {
      case 'help':
        await write(process.stdout, USAGE)
        break
      case 'version':
        await write(process.stdout, `${version}\n`)
        break
      case 'inspect':
        await inspect(invocation.options)
        break
      default:
        assertNever(invocation)
    }
    return 0
  } catch (error) {
    return isClosedPipe(error) ? 0 : await complain(error)
  }
}

async function complain(error: unknown): Promise<number> {
  const badUsage = error instanceof UsageError || error instanceof TextRunTooLongError
  const message = error instanceof Error ? error.message : String(error)
  // Where nobody listens the exit code still says it.
  await write(process.stderr, `logitscope: ${oneLine(message)}\n`).catch(() => undefined)
  return badUsage ? BAD_USAGE : FAILURE
}

// A stream's error is an event as well; without a listener it would end the process with a stack trace.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
process.exitCode = await main(process.argv.slice(2))
