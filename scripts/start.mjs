// @ts-check
// Builds the extension with its companion and opens both in VS Code, on the sample folder: in the desktop's
// where that is installed, else in one that is served to the browser.
import { cp, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain } from './failure.mjs'
import { CACHE, COMPANION, DIST, REPO, SAMPLE } from './paths.mjs'
import { findOnPath, run } from './processes.mjs'

/** Settings, extensions and state of this VS Code, apart from a person's own. */
const HOME = join(CACHE, 'start')

const SAMPLE_FILE = join(SAMPLE, 'readConfig.ts')

/** Said last, when everything is there. */
const WHAT_TO_DO = `Open ${basename(SAMPLE_FILE)}, press F1 and run "Logitscope: Inspect Logits".`

const PORT = 8765
const OPEN_LIMIT_MS = 60_000
const TABLE_LIMIT_MS = 120_000

await runMain(async () => {
  await ensureInstalled()
  const { build } = await import('./build.mjs')
  await build('development')
  console.log('Built the extension.')

  const code = findDesktopCode()
  if (code === undefined) await serveInBrowser()
  else await openOnDesktop(code)
})

/**
 * The desktop's `code`. In a terminal inside VS Code the same name stands for that window's remote control,
 * which cannot start another.
 */
function findDesktopCode() {
  return process.env.VSCODE_IPC_HOOK_CLI === undefined ? findOnPath('code') : undefined
}

/** @param {string} code */
async function openOnDesktop(code) {
  await run(
    code,
    [
      '--new-window',
      ...['--user-data-dir', join(HOME, 'desktop', 'user-data')],
      ...['--extensions-dir', join(HOME, 'desktop', 'extensions')],
      `--extensionDevelopmentPath=${REPO}`,
      `--extensionDevelopmentPath=${COMPANION}`,
      '--disable-workspace-trust',
      SAMPLE,
      SAMPLE_FILE,
    ],
    { limitMs: OPEN_LIMIT_MS, output: 'show', shell: process.platform === 'win32' },
  )
  console.log('\nVS Code is open, in a window of its own.')
  console.log(WHAT_TO_DO)
}

async function serveInBrowser() {
  const { isVscodeHostInstalled } = await import('../test/hosts/vscodeHostInstall.mjs')
  const { startVscodeHost } = await import('../test/hosts/vscodeHost.mjs')
  const firstTime = !(await isVscodeHostInstalled())
  if (firstTime) {
    console.log(
      'Fetching VS Code for the browser from the package registry, once; this may take some minutes.',
    )
  }
  const table = firstTime ? showTable() : Promise.resolve()

  await placeExtensions()
  const host = await startVscodeHost({
    home: HOME,
    port: PORT,
    settings: { 'workbench.startupEditor': 'readme' },
    onProgress: (step) => void table.then(() => console.log(step)),
  })
  await table
  console.log('\nVS Code is ready. Open this address in a browser:\n')
  console.log(`  ${host.folderUrl(SAMPLE)}\n`)
  console.log(WHAT_TO_DO)
  console.log('Ctrl-C here ends it.')
}

/** What the extension shows, in the terminal, for as long as there is no editor. */
async function showTable() {
  console.log(`Meanwhile, what the model makes of ${basename(SAMPLE_FILE)}:\n`)
  try {
    await run(process.execPath, [join(DIST, 'cli.js'), 'inspect', SAMPLE_FILE], {
      limitMs: TABLE_LIMIT_MS,
      output: 'show',
    })
  } catch (error) {
    console.error(`The command line could not show it: ${String(error)}`)
  }
  console.log()
}

/**
 * Puts what would be packaged where VS Code looks for extensions. It trusts its own list of them before
 * what is in the folder, so the list goes.
 */
async function placeExtensions() {
  const extensions = join(HOME, 'extensions')
  await rm(join(extensions, 'extensions.json'), { force: true })
  await place(REPO, join(extensions, 'logitscope.logitscope-dev'))
  await place(COMPANION, join(extensions, 'logitscope.logitscope-gpu-dev'))
}

/** @param {string} extension its folder @param {string} target */
async function place(extension, target) {
  const { packagedFiles } = await import('./package.mjs')
  await rm(target, { recursive: true, force: true })
  for (const file of await packagedFiles(extension)) {
    await mkdir(dirname(join(target, file)), { recursive: true })
    await cp(join(extension, file), join(target, file))
  }
}
