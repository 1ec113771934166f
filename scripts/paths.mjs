// @ts-check
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPO = dirname(dirname(fileURLToPath(import.meta.url)))

/** Files that scripts create and keep between runs; not part of the repository. */
export const CACHE = join(REPO, '.cache')

export const DIST = join(REPO, 'dist')
/** The folder of the companion, the extension that runs where the GPU is. */
export const COMPANION = join(REPO, 'companion')
export const COMPANION_DIST = join(COMPANION, 'dist')
export const SAMPLE = join(REPO, 'sample')
export const NODE_MODULES = join(REPO, 'node_modules')

const { version } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8'))
export const VSIX = join(REPO, `logitscope-${version}.vsix`)
export const COMPANION_VSIX = join(REPO, `logitscope-gpu-${version}.vsix`)
