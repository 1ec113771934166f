import { LogitscopeError } from '../../shared/errors'
import { isRecord } from '../../shared/isRecord'

/** The arguments of a command, for example of a keybinding, have a value that the command does not know. */
export class CommandArgumentError extends LogitscopeError {}

/**
 * Reads one argument of a command, for example `{ "format": "csv" }` of a keybinding. Arguments are untrusted: menus pass
 * objects of VS Code and of pages, which lack the argument.
 * @returns undefined if the argument is missing
 * @throws CommandArgumentError if its value is not one of `values`
 */
export function readArgument<T extends string>(
  args: unknown,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = isRecord(args) && Object.hasOwn(args, name) ? args[name] : undefined
  if (value === undefined) return undefined
  const known = values.find((known) => known === value)
  if (known !== undefined) return known
  throw new CommandArgumentError(
    `The argument ${name} must be ${values.map((known) => `"${known}"`).join(' or ')}.`,
  )
}
