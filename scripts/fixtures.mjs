// @ts-check
// Makes the reference numbers and files of the tests, with independent implementations in Python.
// Usage: node scripts/fixtures.mjs [mini] [seeded] [compare] [context] [internals] [explain] [arrays] [defects]; without a name it makes all.
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { runMain, SetupError } from './failure.mjs'
import { REPO } from './paths.mjs'
import { run } from './processes.mjs'

const LIMIT_MS = 10 * 60_000

/** @type {ReadonlyMap<string, string>} the names and their scripts */
const FIXTURES = new Map([
  ['mini', 'mini_gpt2.py'],
  ['seeded', 'seeded_gpt2.py'],
  ['compare', 'compare_gpt2.py'],
  ['context', 'context_gpt2.py'],
  ['internals', 'internals_gpt2.py'],
  ['explain', 'explain_gpt2.py'],
  ['arrays', 'arrays.py'],
  ['defects', 'defects_gpt2.py'],
])

/** Debian's Python comes last: python3-torch is installed for it even if another Python is first on the PATH. */
const PYTHONS = ['python3', 'python', '/usr/bin/python3']

await runMain(async () => {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !FIXTURES.has(name))
  if (unknown !== undefined) {
    throw new SetupError(`There is no fixture ${unknown}. Fixtures: ${[...FIXTURES.keys()].join(', ')}.`)
  }
  const python = findPython()
  // The scripts compute for up to a minute, so other programs take precedence. Child processes inherit the priority.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  for (const [name, script] of FIXTURES)
    if (names.length === 0 || names.includes(name)) await makeFixture({ name, script }, python)
})

/**
 * Runs the script of one fixture and says whether the file has changed.
 *
 * @param {{ name: string, script: string }} fixture @param {string} python
 */
async function makeFixture({ name, script }, python) {
  const file = join(REPO, 'test/fixtures/reference', `${name}.json`)
  const before = await readFile(file, 'utf8').catch(() => '')
  await run(python, ['-B', join(REPO, 'test/reference', script)], {
    limitMs: LIMIT_MS,
    output: 'show',
  })
  const isSame = (await readFile(file, 'utf8')) === before
  console.log(`${basename(file)}: ${isSame ? 'unchanged' : 'changed'}`)
}

/**
 * @returns {string} a Python that has PyTorch, NumPy and safetensors
 * @throws {SetupError} if none is found
 */
function findPython() {
  const found = PYTHONS.find(
    (python) => spawnSync(python, ['-c', 'import torch, numpy, safetensors']).status === 0,
  )
  if (found !== undefined) return found
  throw new SetupError(
    'No Python with PyTorch, NumPy and safetensors was found. Install them: ' +
      '`apt-get install python3-torch python3-safetensors` on Debian, `pip install torch numpy safetensors` elsewhere.',
  )
}
