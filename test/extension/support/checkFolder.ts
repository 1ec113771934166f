import { basename, join } from 'node:path'
import { checkModelFolder } from '../../../src/engine/client/checkModelFolder'
import { spawnWorker } from '../../../src/engine/client/spawn/spawnWorker'
import type { FolderReport } from '../../../src/model/folder/checkFolder'
import { extension } from './extensionUnderTest'

/** Checks a folder in a thread, as the extension does. */
export function checkFolder(folder: string): Promise<FolderReport> {
  const worker = spawnWorker({
    model: { id: basename(folder), folder, description: '', storage: 'user' },
    backend: 'wasm',
    threads: 1,
    precision: 'fp32',
    assetsFolder: join(extension.extensionPath, 'dist'),
  })
  return checkModelFolder(worker)
}
