import { parseArgs } from 'node:util'
import { version } from '../../package.json'
import { BAD_INPUT, type Command, FAILURE, SUCCESS } from './base/command'
import { UsageError } from './base/commandLine'
import { COMMANDS } from './commands/commands'
import type { CliEnvironment } from './base/environment'
import { failureText, isInputError } from './failure'
import { isClosedPipe, oneLine, type OutputStream, write } from './base/output'
import { generalUsage } from './usage'

/**
 * Runs the command line. Never rejects: errors are printed to stderr, each on one line.
 * @param args without the paths of Node and the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], environment: CliEnvironment): Promise<number> {
  const { stdout, stderr } = environment
  try {
    const { name, rest } = splitCommand(args)
    const { help, version: isVersion } = flagsIn(args)
    if (help || isVersion) {
      await write(stdout, help ? (COMMANDS.get(name)?.usage ?? generalUsage()) : `${version}\n`)
      return SUCCESS
    }
    return await commandOf(name).run(rest, environment)
  } catch (error) {
    return isClosedPipe(error) ? SUCCESS : await reportError(stderr, error)
  }
}

/** The command's name and its arguments, which may also come before the name. */
function splitCommand(args: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  const [first = ''] = args
  const index = first.startsWith('-') ? args.findIndex((arg) => COMMANDS.has(arg)) : 0
  return { name: args[index] ?? '', rest: args.filter((_, i) => i !== index) }
}

/** Whether help or the version is asked for, in any command line, even one that is wrong otherwise. */
function flagsIn(args: readonly string[]): { readonly help: boolean; readonly version: boolean } {
  const { values } = parseArgs({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
    strict: false,
    allowPositionals: true,
  })
  return { help: values.help === true, version: values.version === true }
}

function commandOf(name: string): Command {
  const command = COMMANDS.get(name)
  if (command !== undefined) return command
  const names = [...COMMANDS.keys()].join(', ')
  throw new UsageError(
    name === '' || name.startsWith('-')
      ? `the command is missing; use: logitscope COMMAND FILE, with one of the commands ${names}`
      : `unknown command “${name}”; the commands are ${names}`,
  )
}

async function reportError(stderr: OutputStream, error: unknown): Promise<number> {
  // If stderr is closed, the exit code still reports the failure.
  await write(stderr, `logitscope: ${oneLine(failureText(error))}\n`).catch(() => undefined)
  return isInputError(error) ? BAD_INPUT : FAILURE
}
