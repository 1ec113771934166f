import { COMMANDS } from './commands/commands'

/** The text of `logitscope --help`. */
export function generalUsage(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length))
  const commands = Array.from(COMMANDS, ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `logitscope COMMAND [FILE | -] [options]

${commands.join('\n')}

  logitscope COMMAND --help    the options of a command
  logitscope --version

LOGITSCOPE_MODELS is the folder of the downloaded models, with one subfolder for each id (gpt2, distilgpt2,
gpt2-medium, gpt2-large, gpt2-xl). Logitscope: Manage Models shows its path.
LOGITSCOPE_NATIVE is the folder of the extension Logitscope Native, if the library is not in native/.
Exit codes: 0 success; 1 failure; 2 bad usage, or a text, file or model that cannot be used; 3 the sides differ.
`
}
