// @ts-check
import { builtinModules } from 'node:module'

/** The modules that a web extension host provides. */
const PROVIDED = ['vscode']

/**
 * Finds the imports that a bundle for a browser must not contain: modules of Node, and packages that are not bundled.
 *
 * @param {import('esbuild').Metafile} metafile
 * @returns {string[]} their names
 */
export function findNodeImports({ inputs, outputs }) {
  const imports = Object.values(outputs).flatMap((output) => output.imports)
  const external = imports.filter(({ external }) => external).map(({ path }) => path)
  const bundled = Object.keys(inputs).filter((path) => isNodeModule(path))
  return [...external.filter((path) => !PROVIDED.includes(path)), ...bundled]
}

/** @param {string} path */
function isNodeModule(path) {
  const name = path.replace(/^[\w-]+:/, '')
  return path.startsWith('node:') || builtinModules.includes(name)
}
