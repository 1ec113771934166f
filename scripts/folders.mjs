// @ts-check
// Checks the folders of the product: each has few files, and their imports have no circle.
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { NODE_MODULES, REPO } from './paths.mjs'

/** A folder with more files needs rooms: a reader can no longer see at a glance what it is about. */
const MAX_FILES = 18

const ROOTS = ['src', 'webview']

/** @typedef {Map<string, Set<string>>} Graph the folders that each folder imports */

/**
 * Finds the folders that have too many files, and the groups of folders that import each other in a circle. A folder
 * stands for the files directly in it: dependency-cruiser's rule for folders finds no circle between a folder and one
 * below it.
 *
 * @param {readonly { source: string, dependencies: readonly { resolved: string }[] }[]} modules as dependency-cruiser
 *   reports them
 * @returns {string[]} one sentence for each defect
 */
function folderDefects(modules) {
  /** @type {Map<string, number>} */
  const files = new Map()
  /** @type {Graph} */
  const graph = new Map()
  for (const { source, dependencies } of modules.filter(({ source }) => isOurs(source))) {
    const folder = dirname(source)
    files.set(folder, (files.get(folder) ?? 0) + 1)
    const imported = graph.get(folder) ?? new Set()
    graph.set(folder, imported)
    for (const { resolved } of dependencies) {
      if (isOurs(resolved) && dirname(resolved) !== folder) imported.add(dirname(resolved))
    }
  }
  const tooFull = [...files].filter(([, count]) => count > MAX_FILES)
  return [
    ...tooFull.map(([folder, count]) => `${folder} has ${count} files; a folder has at most ${MAX_FILES}.`),
    ...circles(graph).map((circle) => `These folders import each other in a circle: ${circle.join(', ')}.`),
  ]
}

/** @param {string} path */
function isOurs(path) {
  return ROOTS.some((root) => path.startsWith(`${root}/`))
}

/**
 * Folders are in one circle if each can be reached from the other.
 *
 * @param {Graph} graph
 * @returns {string[][]}
 */
function circles(graph) {
  const reached = new Map([...graph.keys()].map((folder) => [folder, reachableFrom(folder, graph)]))
  /** @type {Map<string, string[]>} */
  const found = new Map()
  for (const [folder, targets] of reached) {
    const circle = [...targets].filter((target) => reached.get(target)?.has(folder)).toSorted()
    if (circle.length > 0) found.set(circle.join(), circle)
  }
  return [...found.values()]
}

/** @param {string} start @param {Graph} graph @returns {Set<string>} `start` itself only if it is in a circle */
function reachableFrom(start, graph) {
  /** @type {Set<string>} */
  const reached = new Set()
  const open = [...(graph.get(start) ?? [])]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (reached.has(folder)) continue
    reached.add(folder)
    open.push(...(graph.get(folder) ?? []))
  }
  return reached
}

const cruiser = join(NODE_MODULES, 'dependency-cruiser/bin/dependency-cruise.mjs')
const { stdout } = await promisify(execFile)(process.execPath, [cruiser, '--output-type', 'json', ...ROOTS], {
  cwd: REPO,
  maxBuffer: 64 * 2 ** 20,
})
for (const defect of folderDefects(JSON.parse(stdout).modules)) {
  console.error(defect)
  process.exitCode = 1
}
