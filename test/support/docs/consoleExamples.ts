// The examples of the command line in a page: commands after `$`, and what they print.

import { elementAt } from '../../../src/shared/elementAt'

export interface ConsoleExample {
  /** The arguments of `dist/cli.js`. */
  readonly args: readonly string[]
  /** The file that is the standard input. */
  readonly input: string | undefined
  /** As the page shows it; empty if it shows no output. A line `…` stands for any lines. */
  readonly output: string
  readonly exitCode: number
}

const PROGRAM = ['node', 'dist/cli.js']
const EXIT_CODE = 'echo $?'

/**
 * The examples of a block of code in the language `console`.
 * @throws Error if a line is not a call of `dist/cli.js`, which a test could not run
 */
export function consoleExamplesOf(block: string): ConsoleExample[] {
  const examples: ConsoleExample[] = []
  for (const part of block.split(/^\$ /m).slice(1)) {
    const end = part.indexOf('\n')
    const [command, output] = [part.slice(0, end), part.slice(end + 1)]
    if (command === EXIT_CODE) {
      const last = elementAt(examples, examples.length - 1)
      examples[examples.length - 1] = { ...last, exitCode: Number(output) }
    } else examples.push({ ...callOf(command), output, exitCode: 0 })
  }
  return examples
}

function callOf(command: string): Pick<ConsoleExample, 'args' | 'input'> {
  const words = Array.from(command.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word)
  if (PROGRAM.some((word, i) => words[i] !== word)) throw new Error(`${command} does not call dist/cli.js`)
  const args = words.slice(PROGRAM.length)
  const redirection = args.indexOf('<')
  return redirection < 0
    ? { args, input: undefined }
    : { args: args.slice(0, redirection), input: elementAt(args, redirection + 1) }
}

/** Matches an output that a page shows: exactly, but for lines that `…` stands for. */
export function patternOf(output: string): RegExp {
  const lines = output.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`).split('\n')
  return new RegExp(`^${lines.map((line) => (line === '…' ? '[\\s\\S]*?' : line)).join('\n')}$`)
}
