// @ts-check
// Makes the pictures of the README and of the walkthrough again: media/screenshot.png and media/walkthrough/*.png.
import { join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain } from './failure.mjs'
import { NODE_MODULES } from './paths.mjs'
import { run } from './processes.mjs'

const LIMIT_MS = 10 * 60_000

await runMain(async () => {
  await ensureInstalled()
  const { findChromium } = await import('../test/hosts/chromium.mjs')
  process.env.LOGITSCOPE_CHROMIUM = await findChromium()
  const { packageExtensions } = await import('./package.mjs')
  await packageExtensions()
  await run(process.execPath, [join(NODE_MODULES, 'vitest/vitest.mjs'), 'run', '--project', 'screenshots'], {
    limitMs: LIMIT_MS,
    output: 'show',
  })
})
