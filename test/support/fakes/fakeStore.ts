import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { Hub } from '../../../src/model/hub/download'
import { HUB_LIMITS, type HubLimits } from '../../../src/model/hub/hubLimits'
import { requestHub } from '../../../src/model/hub/hubRequest'
import { ModelStore, type ModelStoreOptions } from '../../../src/model/store/disk/modelStore'
import type { StoreOptions, StoreProgress } from '../../../src/model/store/storeState'
import { FakeHub, MODEL } from './fakeHub'

/**
 * The product's timeouts, which are so long that no test reaches them even on a busy machine, with retries that start
 * at once. A test of a timeout uses `useFakeClock`.
 */
export const TEST_LIMITS: HubLimits = {
  ...HUB_LIMITS,
  spanBytes: 1024,
  retries: 3,
  progressBytes: 8 * 1024,
  firstDelayMs: 1,
}

/** Replaces timers and clocks for the rest of the test; time passes only when the test advances it. */
export function useFakeClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

/** A store in an empty folder, and a hub; both are removed after the test. */
export async function storeAndHub(options: Partial<ModelStoreOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-store-'))
  const server = await FakeHub.start()
  onTestFinished(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const store = new ModelStore({ folder, models: [MODEL], ...options })
  const hub: Hub = { endpoint: server.endpoint, token: undefined, limits: TEST_LIMITS, request: requestHub }
  return { store, folder, server, hub }
}

/** Store options that record the progress. */
export function watched(
  signal = new AbortController().signal,
): StoreOptions & { readonly reported: StoreProgress[] } {
  const reported: StoreProgress[] = []
  return { signal, reported, onProgress: (progress) => reported.push(progress) }
}

/** Content of every file in a folder, by its relative path. */
export async function filesIn(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)] as const),
  )
  return Object.fromEntries(contents)
}

/** Whether a folder has the fake hub's weights, as an installed model. */
export async function hasInstalledWeights(folder: string, weights: Buffer): Promise<boolean> {
  return (await filesIn(folder))['gpt2/model.safetensors']?.equals(weights) ?? false
}
