// @ts-check
import { builtinModules } from 'node:module'

/** What a web extension host gives to its extensions. */
const GIVEN = ['vscode']

/**
 * Names what of Node a bundle holds: its modules, and packages that a browser would not find either.
 *
 * @param {import('esbuild').Metafile} metafile
 * @returns {string[]}
 */
export function foundOfNode({ inputs, outputs }) {
  const imports = Object.values(outputs).flatMap((output) => output.imports)
  const external = imports.filter(({ external }) => external).map(({ path }) => path)
  const bundled = Object.keys(inputs).filter((path) => isNodes(path))
  return [...external.filter((path) => !GIVEN.includes(path)), ...bundled]
}

/** @param {string} path */
function isNodes(path) {
  const name = path.replace(/^[\w-]+:/, '')
  return path.startsWith('node:') || builtinModules.includes(name)
}
