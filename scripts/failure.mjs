// @ts-check

/** A failure that the user can understand and fix by the message, which is printed without a stack. */
export class SetupError extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
  }
}

/**
 * Runs a script's main function. If it fails, the process ends with exit code 1 after printing the message of a `SetupError`,
 * or the stack of any other error.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error)
    process.exit(1)
  }
}
