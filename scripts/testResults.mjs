// @ts-check

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @typedef {{ name: string, ms: number }} FileTime */

/** @typedef {Counts & { files?: FileTime[] }} SuiteResult the files are those whose time is known */

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
 * The results of a run of Vitest.
 *
 * @param {VitestReport} report of its JSON reporter
 * @param {string} folder that file names are relative to
 * @returns {SuiteResult}
 */
export function resultOfVitest(report, folder) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    files: report.testResults.map(({ name, startTime, endTime }) => ({
      name: name.startsWith(folder) ? name.slice(folder.length + 1).replaceAll('\\', '/') : name,
      ms: endTime - startTime,
    })),
  }
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ name: string, startTime: number, endTime: number }[]} testResults
 */
