import { parseArgs, type ParseArgsConfig } from 'node:util'

/** A mistake in the command line. The message is one line and says what to do instead. */
export class UsageError extends Error {}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

/**
 * Parses the arguments of a command.
 * @throws UsageError
 */
export function parseCommandLine<const T extends OptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    // Some of Node's messages have several lines.
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(message.replaceAll('\n', ' '), { cause: error })
  }
}

/**
 * The value of an option that takes a whole number from `min` to `max`.
 * @throws UsageError
 */
export function wholeNumber(
  name: string,
  value: string | undefined,
  { min = 1, max }: { readonly min?: number; readonly max: number },
): number | undefined {
  if (value === undefined) return undefined
  const number = /^\d+$/.test(value) ? Number(value) : NaN
  if (number >= min && number <= max) return number
  throw new UsageError(`${name} takes a whole number from ${min} to ${max}, not “${value}”`)
}

/**
 * The value of an option that takes one of `choices`.
 * @throws UsageError
 */
export function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (value === undefined) return undefined
  const choice = choices.find((other) => other === value)
  if (choice !== undefined) return choice
  const listed = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`
  throw new UsageError(`${name} takes ${listed}, not “${value}”`)
}
