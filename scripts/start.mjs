// @ts-check
// Builds the extension with its companion and opens both in VS Code, on the sample folder: in the desktop's VS Code if it is
// installed, otherwise in one that is served to the browser. If `npm run native` has made it, Logitscope Native is opened too.
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain } from './failure.mjs'
import { CACHE, COMPANION, DIST, NATIVE, NATIVE_LIBRARY, REPO, SAMPLE } from './paths.mjs'
import { findOnPath, run } from './processes.mjs'

/** Settings, extensions and state of this VS Code, separate from those of the user's own. */
const HOME = join(CACHE, 'start')

const SAMPLE_FILE = join(SAMPLE, 'readConfig.ts')

/** Printed last, when VS Code is ready. */
const NEXT_STEP = `Open ${basename(SAMPLE_FILE)}, press F1 and run "Logitscope: Inspect Logits".`

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
 * The desktop's `code`. In a terminal inside VS Code it is undefined: there `code` controls that window and cannot open
 * another one with other extensions.
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
      ...(existsSync(NATIVE_LIBRARY) ? [`--extensionDevelopmentPath=${NATIVE}`] : []),
      '--disable-workspace-trust',
      SAMPLE,
      SAMPLE_FILE,
    ],
    { limitMs: OPEN_LIMIT_MS, output: 'show', shell: process.platform === 'win32' },
  )
  console.log('\nVS Code is open in its own window.')
  console.log(NEXT_STEP)
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
  console.log(NEXT_STEP)
  console.log('Press Ctrl-C here to stop it.')
}

/** Prints the model's predictions for the sample, for the user to read while the editor is being installed. */
async function showTable() {
  console.log(`While it is installed, the predictions of the model for ${basename(SAMPLE_FILE)}:\n`)
  try {
    await run(process.execPath, [join(DIST, 'cli.js'), 'inspect', SAMPLE_FILE], {
      limitMs: TABLE_LIMIT_MS,
      output: 'show',
    })
  } catch (error) {
    console.error(`The command line failed: ${String(error)}`)
  }
  console.log()
}

/**
 * Copies the files of the packages into VS Code's folder of extensions. VS Code prefers its list of extensions to the
 * contents of the folder, so the list is deleted.
 */
async function placeExtensions() {
  const extensions = join(HOME, 'extensions')
  await rm(join(extensions, 'extensions.json'), { force: true })
  await place(REPO, join(extensions, 'logitscope.logitscope-dev'))
  await place(COMPANION, join(extensions, 'logitscope.logitscope-gpu-dev'))
  const native = join(extensions, 'logitscope.logitscope-native-dev')
  if (existsSync(NATIVE_LIBRARY)) await place(NATIVE, native)
  else await rm(native, { recursive: true, force: true })
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
