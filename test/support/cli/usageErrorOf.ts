import { UsageError } from '../../../src/cli/base/commandLine'

/** The message of the UsageError that `parse` throws. */
export function usageErrorOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error('the arguments were accepted')
}
