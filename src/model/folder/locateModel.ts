import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engineApi'
import { ModelFilesError } from '../../shared/errors'
import { EMBEDDED_MODELS, knownModelIds, PINNED_MODELS } from '../registry'
import { storePaths } from '../store/disk/storePaths'

/** Where models lie that are known by an id. */
export interface ModelFolders {
  /** The models of the package. */
  readonly embedded: string
  /** The store of those that were downloaded; undefined where there is none. */
  readonly store: string | undefined
  /** How one gets a model that is not in the store, as the end of a sentence. */
  readonly howToGet: string
}

/** Where the model lies, or would lie: an id of the registry or of the package, else a folder of the user’s. */
export function locateModel(idOrFolder: string, { embedded, store, howToGet }: ModelFolders): ModelLocation {
  if (Object.hasOwn(EMBEDDED_MODELS, idOrFolder)) {
    return {
      id: idOrFolder,
      folder: join(embedded, idOrFolder),
      description: EMBEDDED_MODELS[idOrFolder],
    }
  }
  const pinned = PINNED_MODELS.find(({ id }) => id === idOrFolder)
  if (pinned !== undefined) {
    const { id, description, sha256: digest } = pinned
    const ifMissing = `${id} is not downloaded: ${howToGet}`
    if (store === undefined) throw new ModelFilesError(ifMissing)
    const { installed, previous } = storePaths(store, id)
    return { id, folder: existsSync(installed) ? installed : previous, description, digest, ifMissing }
  }
  const folder = resolve(idOrFolder)
  return {
    id: basename(folder),
    folder,
    description: `your own model, from ${folder}`,
    ifMissing: `There is no model “${idOrFolder}”: give an id (${knownModelIds().join(', ')}) or a folder with config.json and model.safetensors.`,
  }
}
