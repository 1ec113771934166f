import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes } from '../../../src/shared/bytes'
import { float32Bytes } from '../checkpoints/checkpointBytes'
import { disposable, type Outcome, run } from '../cli/runInProcess'
import { simulateInThread } from '../cli/simulateInThread'
import { connect, freshEngine, loadMini } from '../engine/engineUnderTest'
import { npyBytes, zipBytes } from '../files/arrayWriters'
import type { ConsoleExample } from './consoleExamples'
import type { CodeBlock } from './markdown'

const V = 50_257
/** “The quick brown fox” */
const CHECKED_IDS = Int32Array.of(464, 2068, 7586, 21831)

export interface ExampleRunner {
  readonly run: (example: ConsoleExample) => Promise<Outcome>
  readonly dispose: () => Promise<void>
}

/**
 * Runs examples of the command line on the embedded model. Their files are those that the blocks show, saved logits, and
 * those of the repository. The caller disposes it.
 */
export async function createExampleRunner(blocks: readonly CodeBlock[]): Promise<ExampleRunner> {
  const model = await loadMini()
  const engine = connect(freshEngine(model))
  const rows: Float32Array[] = []
  for (const row of CHECKED_IDS.keys())
    rows.push(await engine.logits({ tokenIds: CHECKED_IDS.slice(0, row + 1) }))
  const files = new Map<string, string | Uint8Array>([
    ...blocks.flatMap(({ file, content }) => (file === '' ? [] : [[file, content] as const])),
    ['correct.npy', logitsArray(rows)],
    ['logits.npz', savedByStudent(rows)],
  ])
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-docs-'))
  for (const [name, content] of files) await writeFile(join(folder, name), content)
  const placeOf = (name: string) => (files.has(name) ? join(folder, name) : name)
  return {
    run: async ({ args, input }) =>
      run(args.map(placeOf), {
        ...(input !== undefined && { input: await readFile(placeOf(input)) }),
        createEngine: () => disposable(freshEngine(model)),
        startReference: simulateInThread,
      }),
    dispose: () => rm(folder, { recursive: true }),
  }
}

function logitsArray(rows: readonly Float32Array[]): Uint8Array {
  return npyBytes({ shape: [1, rows.length, V], data: concatBytes(rows.map(float32Bytes)) })
}

/** The file that the snippet saves for an implementation whose LM head has a bias. */
function savedByStudent(rows: readonly Float32Array[]): Uint8Array {
  const ids = BigInt64Array.from(CHECKED_IDS, BigInt)
  return zipBytes({
    'ids.npy': npyBytes({ descr: '<i8', shape: [ids.length], data: new Uint8Array(ids.buffer) }),
    'logits.npy': logitsArray(rows.map((row) => row.map((logit, v) => logit + Math.sin(v)))),
  })
}
