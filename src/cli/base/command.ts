import type { CliEnvironment } from './environment'

/** Exit codes of the command line. */
export const SUCCESS = 0
/** A failure of this program. */
export const FAILURE = 1
/** Bad usage, or a text, model or file that cannot be used. */
export const BAD_INPUT = 2
/** Two sides were compared, and they differ. */
export const DIFFERENT = 3

/** One command of the command line: `logitscope NAME`. */
export interface Command {
  /** The purpose of the command in one sentence, for the list of commands. */
  readonly summary: string
  /** The text of `logitscope NAME --help`. */
  readonly usage: string
  /**
   * @param args the arguments after the command's name; neither `--help` nor `--version` is among them
   * @returns the exit code
   * @throws UsageError and other errors, which end the program with one line on stderr
   */
  readonly run: (args: readonly string[], environment: CliEnvironment) => Promise<number>
}
