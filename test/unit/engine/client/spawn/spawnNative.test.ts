import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createEngine } from '../../../../../src/engine/client/engineHandle'
import { spawnNative } from '../../../../../src/engine/client/spawn/spawnNative'
import { ModelUses } from '../../../../../src/model/store/disk/modelUses'
import { temporaryFolder } from '../../../../support/checkpoints/checkpointTiny'
import { MINI } from '../../../../support/engine/engineUnderTest'
import { DIST, NATIVE_LIBRARY } from '../../../../support/engine/loadModel'

/** Heartbeats are frequent, and a busy machine does not make a window look dead. */
const LIMITS = { beatMs: 20, staleMs: 60_000 }
const WAIT = { signal: new AbortController().signal, onWait: () => undefined }

it('The native process of a stored model is in use for other windows until it ends', async () => {
  const store = await temporaryFolder({})
  const folder = join(store, 'gpt2')
  await mkdir(folder)
  await cp(MINI.folder, folder, { recursive: true })
  const uses = (window: string) =>
    new ModelUses({ folder: store, window: () => window, release: () => undefined, limits: LIMITS })
  const letters = uses('the window “letters”')
  const engine = createEngine(() =>
    spawnNative(letters, {
      model: { ...MINI, id: 'gpt2', folder },
      backend: 'native',
      threads: 1,
      precision: 'fp32',
      assetsFolder: DIST,
      nativeLibrary: NATIVE_LIBRARY,
    }),
  )
  onTestFinished(() => engine.dispose())
  const notes = uses('the window “notes”')
  const users: (string | undefined)[] = []
  await engine.api.model(undefined)
  users.push(await notes.otherWindow('gpt2', WAIT))

  await engine.dispose()
  await letters.endOwn('gpt2')
  users.push(await notes.otherWindow('gpt2', WAIT))

  expect(users).toEqual(['the window “letters”', undefined])
})
