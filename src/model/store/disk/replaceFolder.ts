import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './durableFiles'
import type { StorePaths } from './storePaths'

/** Installs a finished folder. If the process ends at any point, the new or the previous model is still complete. */
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

/** Deletes the model; the rename makes it disappear as a whole. */
export async function uninstall({ installed, deleted }: StorePaths): Promise<void> {
  await removeFolder(deleted)
  await rename(installed, deleted)
  await removeFolder(deleted)
}

/** Finishes or reverts what an ended process left incomplete. Unfinished downloads stay, so that they can be resumed. */
export async function tidyUp({ installed, previous, imported, deleted }: StorePaths): Promise<void> {
  if (existsSync(previous)) {
    if (existsSync(installed)) await removeFolder(previous)
    else await rename(previous, installed)
  }
  await removeFolder(imported)
  await removeFolder(deleted)
}

/** Deletes a folder and everything in it, if it exists. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
