// The native runtime's use of the files of weights.

import { cp, open, readFile, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSeededGpt2 } from '../../../../../bench/fullSize/seededGpt2'
import type { ModelLocation } from '../../../../../src/shared/contracts/engine/engineApi'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'
import {
  connect,
  freshEngine,
  MINI,
  score,
  scoreEverything,
} from '../../../../support/engine/engineUnderTest'
import { loadModel } from '../../../../support/engine/loadModel'

const WEIGHTS = 'model.safetensors'
const SEEDED = { model_type: 'gpt2', n_layer: 2, n_head: 2, n_embd: 32, n_positions: 64, vocab_size: 50257 }
const IDS = Int32Array.from({ length: 40 }, (_, i) => (i * 7919 + 13) % 50257)

describe('A user’s own model on the native runtime', () => {
  it.each(['fp32', 'int8'] as const)(
    'does not change in %s when its file is overwritten after loading',
    async (precision) => {
      const location = await seeded('user')
      const model = await loadModel(location, { backend: 'native', precision })
      const before = await score(connect(freshEngine(model)), scoreEverything(IDS))
      await overwrite(join(location.folder, WEIGHTS))
      expect(await score(connect(freshEngine(model)), scoreEverything(IDS))).toEqual(before)
    },
  )

  it('does not change when its file is truncated after loading', async () => {
    const location = await seeded('user')
    const model = await loadModel(location, { backend: 'native' })
    const before = await score(connect(freshEngine(model)), scoreEverything(IDS))
    await truncate(join(location.folder, WEIGHTS), 0)
    expect(await score(connect(freshEngine(model)), scoreEverything(IDS))).toEqual(before)
  })
})

describe('A model in Logitscope’s storage on the native runtime', () => {
  it.runIf(process.platform === 'linux')('is mapped from its file', async () => {
    const location = await seeded('logitscope')
    const model = await loadModel(location, { backend: 'native' })
    expect(await mappings()).toContain(join(location.folder, WEIGHTS))
    expect(model.info.backend).toBe('native')
  })

  it.runIf(process.platform === 'linux')('is mapped from its int8 form', async () => {
    const cacheFolder = await temporaryFolder({})
    const location = await seeded('user')
    const model = await loadModel(location, { backend: 'native', precision: 'int8', cacheFolder })
    expect(await mappings()).toContain(`${cacheFolder}/seeded-`)
    expect(model.info.precision).toBe('int8')
  })

  it('gives the numbers of a model that is read', async () => {
    const location = await seeded('logitscope')
    const mapped = await loadModel(location, { backend: 'native' })
    const read = await loadModel({ ...location, storage: 'user' }, { backend: 'native' })
    const scores = await score(connect(freshEngine(mapped)), scoreEverything(IDS))
    expect(await score(connect(freshEngine(read)), scoreEverything(IDS))).toEqual(scores)
  })

  it('is mapped if its folder is a link', async () => {
    const folder = join(await temporaryFolder({}), 'link')
    await symlink(MINI.folder, folder)
    const model = await loadModel({ ...MINI, folder }, { backend: 'native' })
    expect(model.info.id).toBe('mini')
  })

  it('is read if its weights are a link that leads out of the folder', async () => {
    const folder = await temporaryFolder({})
    await cp(join(MINI.folder, 'config.json'), join(folder, 'config.json'))
    await symlink(join(MINI.folder, WEIGHTS), join(folder, WEIGHTS))
    const model = await loadModel({ ...MINI, folder }, { backend: 'native' })
    expect(model.info.id).toBe('mini')
  })
})

async function seeded(storage: ModelLocation['storage']): Promise<ModelLocation> {
  const folder = await temporaryFolder({})
  await writeSeededGpt2(folder, { config: SEEDED, type: 'F32' })
  return { id: 'seeded', folder, description: 'A seeded model.', storage }
}

/** The files that this process has mapped. */
function mappings(): Promise<string> {
  return readFile('/proc/self/maps', 'utf8')
}

/** Overwrites a file with zeros in place, as a training run that saves again may do. */
async function overwrite(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(Buffer.alloc((await file.stat()).size), 0, undefined, 0)
  } finally {
    await file.close()
  }
}
