import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './durableFiles'
import type { StorePaths } from './storePaths'

/** Puts a finished folder where the model belongs; at every moment there is the new model, or the one before. */
export async function install(finished: string, { installed, previous }: StorePaths): Promise<void> {
  await syncFolder(finished)
  if (existsSync(installed)) await rename(installed, previous)
  try {
    await rename(finished, installed)
  } catch (error) {
    if (existsSync(previous)) await rename(previous, installed)
    throw error
  }
  await syncFolder(dirname(installed))
  await removeFolder(previous)
}

/** Takes the model away: from one moment to the next it is gone as a whole. */
export async function uninstall({ installed, deleted }: StorePaths): Promise<void> {
  await removeFolder(deleted)
  await rename(installed, deleted)
  await removeFolder(deleted)
}

/** Ends what a process has left half done that is gone; downloads are left, they go on. */
export async function tidyUp({ installed, previous, imported, deleted }: StorePaths): Promise<void> {
  if (existsSync(previous)) {
    if (existsSync(installed)) await removeFolder(previous)
    else await rename(previous, installed)
  }
  await removeFolder(imported)
  await removeFolder(deleted)
}

export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
