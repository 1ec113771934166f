import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkModelFolder } from '../../../../src/engine/client/checkModelFolder'
import type { EngineWorker } from '../../../../src/engine/client/engineHandle'
import { spawnWorker } from '../../../../src/engine/client/spawn/spawnWorker'
import { ModelFilesError, PickleFilesError } from '../../../../src/shared/errors'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'
import { channelPair } from '../../../support/engine/engineChannel'
import { MINI } from '../../../support/engine/engineUnderTest'

/** The built thread, as the extension starts it. */
function threadFor(folder: string): EngineWorker {
  return spawnWorker({
    model: { id: 'checked', folder, description: '', storage: 'user' },
    backend: 'wasm',
    threads: 1,
    precision: 'fp32',
    assetsFolder: fileURLToPath(new URL('../../../../dist', import.meta.url)),
  })
}

describe('The check of a folder in a thread', () => {
  it('reports a usable folder and ends the thread', async () => {
    const worker = threadFor(MINI.folder)
    const ended = new Promise((resolve) => {
      worker.onStop(resolve)
    })
    expect(await checkModelFolder(worker)).toEqual({ kind: 'usable' })
    await ended
  })

  it('rejects with the named error of the thread', async () => {
    const folder = await temporaryFolder({ 'ckpt.pt': '' })
    await expect(checkModelFolder(threadFor(folder))).rejects.toThrow(PickleFilesError)
  })

  it('rejects with a named error if the thread ends before it answers', async () => {
    const [channel] = channelPair()
    let crash: (reason: Error) => void = () => undefined
    const checking = checkModelFolder({
      channel,
      onStop: (listener) => (crash = listener),
      terminate: () => Promise.resolve(),
    })
    crash(new Error('ERR_WORKER_OUT_OF_MEMORY'))
    await expect(checking).rejects.toThrow(ModelFilesError)
    await expect(checking).rejects.toMatchObject({ cause: { message: 'ERR_WORKER_OUT_OF_MEMORY' } })
  })
})
