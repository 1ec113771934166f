// @ts-check
// Builds for development, then again after every edit, until Ctrl-C. `.vscode/tasks.json` reads what this prints.
import { readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain } from './failure.mjs'
import { REPO } from './paths.mjs'

const SOURCE_FOLDERS = ['src', 'webview']

/** Wait after a change, so that saving several files at once, or one file in several steps, leads to one build. */
const SETTLE_MS = 30

/** @typedef {import('esbuild').BuildContext} BuildContext */
/** @typedef {import('esbuild').BuildResult} BuildResult */
/** @typedef {import('esbuild').Message} Message */

await runMain(async () => {
  await ensureInstalled()
  const esbuild = await import('esbuild')
  const { bundles, copyAssets } = await import('./build.mjs')
  await copyAssets()
  const contexts = await Promise.all(
    bundles('development').map((options) => esbuild.context({ ...options, logLevel: 'silent' })),
  )
  const rebuild = () => rebuildAll(contexts)
  await rebuild()
  watchSources(rebuild)
})

/** @param {BuildContext[]} contexts */
async function rebuildAll(contexts) {
  const started = Date.now()
  console.log('[watch] build started')
  const results = await Promise.allSettled(contexts.map((context) => context.rebuild()))
  const problems = new Set(results.flatMap(problemsOf))
  for (const problem of problems) console.log(problem)
  console.log(`[watch] build finished in ${Date.now() - started} ms`)
}

/**
 * Several bundles contain the same file, so the caller drops repeated lines.
 *
 * @param {PromiseSettledResult<BuildResult>} result
 * @returns {string[]} one line for each error and warning
 */
function problemsOf(result) {
  /** @type {{ errors: Message[], warnings: Message[] }} */
  const { errors, warnings } = result.status === 'fulfilled' ? result.value : result.reason
  return [
    ...errors.map((message) => problemLine('error', message)),
    ...warnings.map((message) => problemLine('warning', message)),
  ]
}

/**
 * @param {'error' | 'warning'} severity
 * @param {Message} message
 */
function problemLine(severity, { text, location }) {
  if (location === null) return `${severity}: ${text}`
  // esbuild counts columns from 0, VS Code's problem matchers from 1.
  return `${location.file}:${location.line}:${location.column + 1}: ${severity}: ${text}`
}

/**
 * Calls `rebuild` after changes of source files; changes during a build lead to one more build.
 * esbuild's own watch mode polls and needs up to two seconds to notice a change; Node's watcher reports it at once.
 *
 * @param {() => Promise<void>} rebuild
 */
function watchSources(rebuild) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {import('node:fs').FSWatcher[]} */
  let watchers = []
  let building = Promise.resolve()

  const watchFolders = () => {
    for (const watcher of watchers) watcher.close()
    watchers = []
    try {
      for (const folder of sourceFolders()) watchers.push(watch(folder, schedule).on('error', schedule))
    } catch {
      schedule() // a folder was deleted between listing and watching it
    }
  }
  const schedule = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      watchFolders() // before the build, so that the build includes changes that the new watchers missed
      building = building.then(rebuild)
    }, SETTLE_MS)
  }
  watchFolders()
}

/**
 * Each folder has its own watcher: on Linux, Node 20's recursive watcher stops reporting changes of a file once an
 * editor or git has replaced it.
 */
function sourceFolders() {
  return SOURCE_FOLDERS.flatMap((name) => {
    const root = join(REPO, name)
    const entries = readdirSync(root, { withFileTypes: true, recursive: true })
    const folders = entries.filter((entry) => entry.isDirectory())
    return [root, ...folders.map((entry) => join(entry.parentPath, entry.name))]
  })
}
