// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { delimiter, join } from 'node:path'
import { REPO } from './paths.mjs'
import { SetupError } from './failure.mjs'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {import('node:child_process').SpawnOptions} SpawnOptions */

const onWindows = process.platform === 'win32'

/** How much of a failed command's output its error message contains. */
const ERROR_TAIL_CHARACTERS = 2000

/** How long a process may take to end after SIGTERM, before it gets SIGKILL. */
const GRACE_MS = 3_000

/**
 * The children that still run. Each has its own process group, which is signalled as a whole.
 *
 * @type {Set<ChildProcess>}
 */
const running = new Set()

/**
 * Starts a child process that is stopped when this process ends.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {SpawnOptions} [options]
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: REPO, detached: !onWindows, ...options })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/**
 * Stops a child and its descendants. Resolves when the child has ended.
 *
 * @param {ChildProcess} child
 */
export async function stop(child) {
  if (!running.has(child)) return
  const ended = once(child, 'exit')
  signalGroup(child, 'SIGTERM')
  const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
  await ended
  clearTimeout(kill)
}

/** A command failed: it ended with an exit code other than 0, or took too long. */
export class CommandError extends Error {
  /** @param {string} command @param {string} ending @param {string} output */
  constructor(command, ending, output) {
    super([`${command} ${ending}.`, output.slice(-ERROR_TAIL_CHARACTERS).trim()].filter(Boolean).join('\n'))
    this.name = 'CommandError'
  }
}

/**
 * Runs a command until it ends.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ limitMs: number, output: 'show' | 'collect', cwd?: string, env?: NodeJS.ProcessEnv, shell?: boolean }} options
 *   `collect` prints nothing and keeps the output for the error
 * @throws {CommandError} when the command fails or takes longer than `limitMs`
 */
export async function run(command, args, { limitMs, output, cwd = REPO, env = process.env, shell = false }) {
  const stdio = output === 'show' ? 'inherit' : 'pipe'
  const child = start(command, args, { cwd, env, shell, stdio: ['ignore', stdio, stdio] })
  let collected = ''
  /** @param {unknown} chunk */
  const collect = (chunk) => {
    collected = (collected + String(chunk)).slice(-2 * ERROR_TAIL_CHARACTERS)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)

  let outOfTime = false
  const limit = setTimeout(() => {
    outOfTime = true
    void stop(child)
  }, limitMs)
  try {
    const [code, signal] = await once(child, 'close')
    const line = [command, ...args].join(' ')
    if (outOfTime) throw new CommandError(line, `took longer than ${Math.round(limitMs / 1000)} s`, collected)
    if (code !== 0) throw new CommandError(line, `ended with ${signal ?? `exit code ${code}`}`, collected)
  } finally {
    clearTimeout(limit)
  }
}

/**
 * Runs npm: the one that started this script, otherwise the one on the PATH.
 *
 * @param {readonly string[]} args
 * @param {Omit<Parameters<typeof run>[2], 'shell'>} options
 */
export async function runNpm(args, options) {
  const npm = process.env.npm_execpath
  if (npm !== undefined && /\bnpm-cli\.[cm]?js$/.test(npm))
    return run(process.execPath, [npm, ...args], options)
  if (findOnPath('npm') === undefined) {
    throw new SetupError('npm is not on the PATH. It is part of Node: install Node 20 or later.')
  }
  return run('npm', args, { ...options, shell: onWindows })
}

/**
 * @param {string} name of a program
 * @returns {string | undefined} its path
 */
export function findOnPath(name) {
  const endings = onWindows ? ['.exe', '.cmd', '.bat'] : ['']
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
    .find(isExecutable)
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @param {ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  if (child.pid === undefined) return
  if (onWindows) {
    spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F'])
    return
  }
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group has ended already.
  }
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, async () => {
    await Promise.all([...running].map(stop))
    process.exit(128 + osConstants.signals[signal])
  })
}

// Also when the process ends without waiting for its children, such as after an error.
process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGTERM')
})
