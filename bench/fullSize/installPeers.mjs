// @ts-check
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPO } from '../../scripts/paths.mjs'
import { runNpm } from '../../scripts/processes.mjs'

/** What the full-size bench measures against: locked, installed on demand, no part of the product. */
const PEERS = join(REPO, 'bench', 'peers')
const INSTALL_LIMIT_MS = 15 * 60_000

/** Installs the locked peers where they are missing or others. */
export async function installBenchPeers() {
  const [wanted, installed] = await Promise.all(
    ['package-lock.json', 'node_modules/.installed-lock.json'].map(readOrNothing),
  )
  if (installed === wanted) return
  console.log('Installing what is measured against (npm ci), about 170 MB over the network …')
  // Its CPU libraries come with the package; the script would fetch those of GPUs from elsewhere.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  await runNpm(['ci', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    env,
    limitMs: INSTALL_LIMIT_MS,
    output: 'collect',
  })
  await copyFile(join(PEERS, 'package-lock.json'), join(PEERS, 'node_modules', '.installed-lock.json'))
}

/** @param {string} name */
async function readOrNothing(name) {
  try {
    return await readFile(join(PEERS, name), 'utf8')
  } catch {
    return undefined
  }
}
