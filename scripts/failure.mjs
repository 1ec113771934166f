// @ts-check

/** Something the person at the terminal has to know or do; its message is a whole sentence. */
export class SetupError extends Error {
  /** @param {string} message @param {{ cause?: unknown }} [options] */
  constructor(message, options) {
    super(message, options)
    this.name = 'SetupError'
  }
}

/**
 * Runs a script's main function; a failure ends the process with one sentence, or with a stack
 * where nobody foresaw it.
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
