// @ts-check
// Computes the reference numbers of the tests, with an independent implementation in PyTorch.
// Usage: node scripts/fixtures.mjs [mini] [seeded]; without a name it computes both.
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { runMain, SetupError } from './failure.mjs'
import { REPO } from './paths.mjs'
import { run } from './processes.mjs'

const LIMIT_MS = 10 * 60_000

const FIXTURES = ['mini', 'seeded']

/** Debian's Python comes last: python3-torch is installed for it even if another Python is first on the PATH. */
const PYTHONS = ['python3', 'python', '/usr/bin/python3']

await runMain(async () => {
  const names = process.argv.slice(2)
  const unknown = names.find((name) => !FIXTURES.includes(name))
  if (unknown !== undefined) {
    throw new SetupError(`There is no fixture ${unknown}. Fixtures: ${FIXTURES.join(', ')}.`)
  }
  const python = findPython()
  // The scripts compute for up to a minute, so other programs take precedence. Child processes inherit the priority.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  for (const name of names.length > 0 ? names : FIXTURES) await makeFixture(name, python)
})

/**
 * Runs the script of one fixture and says whether the file has changed.
 *
 * @param {string} name @param {string} python
 */
async function makeFixture(name, python) {
  const file = join(REPO, 'test/fixtures/reference', `${name}.json`)
  const before = await readFile(file, 'utf8').catch(() => '')
  await run(python, ['-B', join(REPO, 'test/reference', `${name}_gpt2.py`)], {
    limitMs: LIMIT_MS,
    output: 'show',
  })
  const isSame = (await readFile(file, 'utf8')) === before
  console.log(`${basename(file)}: ${isSame ? 'unchanged' : 'changed'}`)
}

/**
 * @returns {string} a Python that has PyTorch and NumPy
 * @throws {SetupError} if none is found
 */
function findPython() {
  const found = PYTHONS.find((python) => spawnSync(python, ['-c', 'import torch, numpy']).status === 0)
  if (found !== undefined) return found
  throw new SetupError(
    'No Python with PyTorch and NumPy was found. Install them: `apt-get install python3-torch` on Debian, ' +
      '`pip install torch numpy` elsewhere.',
  )
}
