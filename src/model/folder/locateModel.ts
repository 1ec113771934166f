import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import { ModelFilesError } from '../../shared/errors'
import { EMBEDDED_MODELS, knownModelIds, PINNED_MODELS } from '../registry'
import { storePaths } from '../store/disk/storePaths'

/** The folders of models that have an id. */
export interface ModelFolders {
  /** Folder of the models in the extension package. */
  readonly embedded: string
  /** The store's folder of downloaded models; undefined if there is no store. */
  readonly store: string | undefined
  /** How to get a model that is not in the store, as the end of a sentence. */
  readonly howToGet: string
}

/**
 * The folder of a model, which may not exist: for the id of an embedded model or a model of the registry, else the
 * argument is the user’s own folder.
 * @throws ModelFilesError for a model of the registry if there is no store
 */
export function locateModel(idOrFolder: string, { embedded, store, howToGet }: ModelFolders): ModelLocation {
  const description = EMBEDDED_MODELS.get(idOrFolder)
  if (description !== undefined)
    return { id: idOrFolder, folder: join(embedded, idOrFolder), description, storage: 'logitscope' }

  const pinned = PINNED_MODELS.find(({ id }) => id === idOrFolder)
  if (pinned !== undefined) {
    const { id, description, sha256: digest } = pinned
    const ifMissing = `${id} is not downloaded: ${howToGet}`
    if (store === undefined) throw new ModelFilesError(ifMissing)
    const { installed, previous } = storePaths(store, id)
    const folder = existsSync(installed) ? installed : previous
    return { id, folder, description, storage: 'logitscope', digest, ifMissing }
  }
  const folder = resolve(idOrFolder)
  return {
    id: basename(folder),
    folder,
    description: `your own model, from ${folder}`,
    storage: 'user',
    ifMissing: `There is no model “${idOrFolder}”. Use an id (${knownModelIds().join(', ')}) or a folder with config.json and model.safetensors.`,
  }
}
