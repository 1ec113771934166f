// The logits that an implementation of GPT-2 with the weights of the embedded model saves when it runs a snippet.

import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPO } from '../../../scripts/paths.mjs'
import { createEngine, type EngineHandle } from '../../../src/engine/client/engineHandle'
import { spawnWorker } from '../../../src/engine/client/spawn/spawnWorker'
import { npyBytes, zipBytes } from '../../support/files/arrayWriters'

const V = 50_257

/** An engine with the embedded model, in a thread of the test. The caller disposes it. */
export function startMini(): EngineHandle {
  return createEngine(() =>
    spawnWorker({
      model: {
        id: 'mini',
        folder: join(REPO, 'media', 'models', 'mini'),
        description: '',
        storage: 'logitscope',
      },
      backend: 'wasm',
      threads: 1,
      precision: 'fp32',
      assetsFolder: join(REPO, 'dist'),
    }),
  )
}

/** The token ids that a snippet has as a list of Python. */
export function idsIn(snippet: string): number[] {
  const [, list = ''] = /^ids = \[([\d\s,]+)\]/m.exec(snippet) ?? []
  return (list.match(/\d+/g) ?? []).map(Number)
}

/** The path that a snippet saves to. */
export function fileIn(snippet: string): string {
  const [, path = ''] = /np\.savez\("([^"]+)"/.exec(snippet) ?? []
  return path
}

/** Raw logits [n · V] without start token, as a correct implementation gives them. */
export async function logitsOf(engine: EngineHandle, ids: readonly number[]): Promise<Float32Array> {
  const logits = new Float32Array(ids.length * V)
  for (const row of ids.keys()) {
    const tokenIds = Int32Array.from(ids.slice(0, row + 1))
    logits.set(await engine.api.logits({ tokenIds }), row * V)
  }
  return logits
}

/** The same with a bias of the LM head, which all rows share. */
export function withBias(logits: Float32Array): Float32Array {
  return logits.map((logit, i) => logit + Math.sin(i % V))
}

/** As `np.savez` writes it, in one step, so that no test sees a part of it. */
export async function saveLogits(path: string, ids: readonly number[], logits: Float32Array): Promise<void> {
  const file = zipBytes({
    'ids.npy': npyBytes({
      descr: '<i8',
      shape: [ids.length],
      data: bytesOf(BigInt64Array.from(ids, BigInt)),
    }),
    'logits.npy': npyBytes({ shape: [1, ids.length, V], data: bytesOf(logits) }),
  })
  await writeFile(`${path}.new`, file)
  await rename(`${path}.new`, path)
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
