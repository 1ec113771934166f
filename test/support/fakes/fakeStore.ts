import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Hub } from '../../../src/model/hub/download'
import type { HubLimits } from '../../../src/model/hub/hubLimits'
import { requestHub } from '../../../src/model/hub/hubRequest'
import { ModelStore, type ModelStoreOptions } from '../../../src/model/store/disk/modelStore'
import type { StoreOptions, StoreProgress } from '../../../src/model/store/storeState'
import { MODEL, FakeHub } from './fakeHub'

/** As in earnest, but nobody has to wait. */
export const HASTY: HubLimits = {
  answerMs: 300,
  spanMs: 150,
  spanBytes: 1024,
  retries: 3,
  progressBytes: 8 * 1024,
  firstDelayMs: 1,
  longestDelayMs: 1000,
}

/** A store in an empty folder, and a hub, both gone after the test. */
export async function storeAndHub(parts: Partial<ModelStoreOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-store-'))
  const server = await FakeHub.start()
  onTestFinished(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const store = new ModelStore({ folder, models: [MODEL], ...parts })
  const hub: Hub = { endpoint: server.endpoint, token: undefined, limits: HASTY, request: requestHub }
  return { store, folder, server, hub }
}

/** Options that note what is said meanwhile. */
export function watched(
  signal = new AbortController().signal,
): StoreOptions & { readonly said: StoreProgress[] } {
  const said: StoreProgress[] = []
  return { signal, said, onProgress: (progress) => said.push(progress) }
}

/** Every file of a folder, by its path in it, with its content. */
export async function filesIn(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)] as const),
  )
  return Object.fromEntries(contents)
}
