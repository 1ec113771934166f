import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MODEL } from '../../../../support/fakes/fakeHub'
import { storeAndHub, watched } from '../../../../support/fakes/fakeStore'

/** Windows lets only some users create links. */
describe.skipIf(process.platform === 'win32')('A symbolic link in the folder of a download', () => {
  it.each(['model.safetensors', 'config.json', 'source.json.new'])(
    'named %s is replaced, and the file that it names is not changed',
    async (name) => {
      const { store, folder, hub } = await storeAndHub()
      const victim = join(folder, 'victim')
      await writeFile(victim, 'mine')
      await mkdir(join(folder, '.gpt2.download'))
      await symlink(victim, join(folder, '.gpt2.download', name))

      await store.install(MODEL, hub, watched())

      expect(await readFile(victim, 'utf8')).toBe('mine')
      expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
    },
  )

  it('in place of the folder is replaced, and nothing is written to where it leads', async () => {
    const { store, folder, hub } = await storeAndHub()
    const elsewhere = join(folder, 'elsewhere')
    await mkdir(elsewhere)
    await symlink(elsewhere, join(folder, '.gpt2.download'))

    await store.install(MODEL, hub, watched())

    expect(await readdir(elsewhere)).toEqual([])
    expect(await store.stateOf(MODEL)).toEqual({ kind: 'installed' })
  })
})
