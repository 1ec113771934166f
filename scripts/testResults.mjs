// @ts-check

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @typedef {{ name: string, ms: number }} FileTime */

/**
 * @typedef {object} Failure
 * @property {string} file that the test is in, relative to the repository; empty if the failure is not of one file
 * @property {string} title of the test, with those of its groups
 * @property {string} error its message, with or without a stack
 */

/**
 * @typedef {Counts & { files?: FileTime[], failures?: Failure[] }} SuiteResult the files are those whose time is known,
 *   the failures those whose test is known
 */

/** Enough for the difference between two short values. */
const MESSAGE_LINES = 8

/**
 * @param {readonly SuiteResult[]} results
 * @returns {Required<SuiteResult>}
 */
export function sum(results) {
  return {
    passed: results.reduce((total, { passed }) => total + passed, 0),
    failed: results.reduce((total, { failed }) => total + failed, 0),
    skipped: results.reduce((total, { skipped }) => total + skipped, 0),
    files: results.flatMap(({ files = [] }) => files),
    failures: results.flatMap(({ failures = [] }) => failures),
  }
}

/** @param {Counts} counts */
export function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** As `42 s` or `3 min 07 s`. @param {number} ms */
export function duration(ms) {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

/**
 * The printed text of a failure: where it is, and the beginning of its message.
 *
 * @param {string} suite
 * @param {Failure} failure
 */
export function failureText(suite, { file, title, error }) {
  const place = [suite, file, title].filter((part) => part !== '').join(' › ')
  const lines = error.split('\n').filter((line) => line.trim() !== '')
  const stack = lines.findIndex((line) => /^\s+at /.test(line))
  const message = lines.slice(0, stack === -1 ? undefined : stack).slice(0, MESSAGE_LINES)
  return [`  ${place}`, ...message.map((line) => `      ${line}`)].join('\n')
}

/**
 * The results of a run of Vitest.
 *
 * @param {VitestReport} report of its JSON reporter
 * @param {string} folder that file names are relative to
 * @returns {Counts & { files: FileTime[], failures: Failure[] }}
 */
export function resultOfVitest(report, folder) {
  const files = report.testResults.map((result) => ({ ...result, name: relativeTo(folder, result.name) }))
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    files: files.map(({ name, startTime, endTime }) => ({ name, ms: endTime - startTime })),
    failures: files.flatMap(failuresOfFile),
  }
}

/** @param {VitestFile} file @returns {Failure[]} */
function failuresOfFile({ name, status, message, assertionResults }) {
  const failures = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages = [] }) => ({
      file: name,
      title: fullName,
      error: failureMessages.join('\n'),
    }))
  // A file that cannot be loaded, or whose hook fails, has no failed test.
  const isWithoutTest = status === 'failed' && failures.length === 0
  return isWithoutTest ? [{ file: name, title: '', error: message }] : failures
}

/** @param {string} folder @param {string} file */
function relativeTo(folder, file) {
  return file.startsWith(folder) ? file.slice(folder.length + 1).replaceAll('\\', '/') : file
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {VitestFile[]} testResults
 */

/**
 * @typedef {object} VitestFile
 * @property {string} name
 * @property {number} startTime
 * @property {number} endTime
 * @property {string} status
 * @property {string} message
 * @property {{ status: string, fullName: string, failureMessages?: string[] }[]} assertionResults
 */
