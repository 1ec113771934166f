// The entry of the command line.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCliEngine } from './engine/engine'
import { startReference } from './engine/reference'
import { runCli } from './run'

/** The folder of this bundle. */
const DIST = dirname(fileURLToPath(import.meta.url))
const { stdin, stdout, stderr, env } = process

// Without a listener, a stream's error event would end the process with a stack trace.
for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
process.exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  variables: env,
  packageFolder: join(DIST, '..'),
  createEngine: (options) => createCliEngine(options, env),
  startReference: (options) => startReference(options, env),
})
