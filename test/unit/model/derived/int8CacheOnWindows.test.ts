import { existsSync } from 'node:fs'
import type * as fs from 'node:fs/promises'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { writeSeededGpt2 } from '../../../../bench/fullSize/seededGpt2'
import { withInt8Form } from '../../../../src/model/derived/int8Cache'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

// Windows does not replace a file that is mapped into memory.
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>()
  const rename: typeof original.rename = (from, to) =>
    existsSync(to) ? Promise.reject(Object.assign(new Error(), { code: 'EPERM' })) : original.rename(from, to)
  return { ...original, rename }
})

const CONFIG = { model_type: 'gpt2', n_layer: 1, n_head: 2, n_embd: 8, n_positions: 32, vocab_size: 50257 }

it('Two windows that compute a form at the same time read the same file', async () => {
  const folder = await temporaryFolder({})
  const cache = join(folder, 'cache')
  await writeSeededGpt2(folder, { config: CONFIG, type: 'F16' })
  const fileOfForm = () =>
    withModelFolder(folder, (checkpoint) =>
      withInt8Form(checkpoint, { id: 'seeded', folder, fingerprint: 'any' }, cache, (form) =>
        Promise.resolve(form.weight('lm_head.weight').place?.file),
      ),
    )

  const files = await Promise.all([fileOfForm(), fileOfForm()])

  const cached = await readdir(cache)
  expect(files).toEqual([...cached, ...cached])
})
