import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import type { ModelLocation } from '../shared/engineApi'
import { ModelFilesError } from '../shared/errors'

/** The model that is in the package, so that the first inspection works at once and offline. */
export const DEFAULT_MODEL_ID = 'mini'

const EMBEDDED_MODELS: Record<string, string> = {
  mini: 'embedded, not GPT-2 itself',
}

/**
 * Where the model lies: a registry id names an embedded one, anything else is a folder of the user's.
 * @throws ModelFilesError where there is no such folder
 */
export function resolveModel(idOrFolder: string, embeddedFolder: string): ModelLocation {
  if (Object.hasOwn(EMBEDDED_MODELS, idOrFolder)) {
    return {
      id: idOrFolder,
      folder: join(embeddedFolder, idOrFolder),
      description: EMBEDDED_MODELS[idOrFolder],
    }
  }
  const folder = resolve(idOrFolder)
  if (!existsSync(folder)) {
    const ids = Object.keys(EMBEDDED_MODELS).join(', ')
    throw new ModelFilesError(
      `There is no model “${idOrFolder}”: give an id (${ids}) or a folder with config.json and model.safetensors.`,
    )
  }
  return { id: basename(folder), folder, description: `your own model, from ${folder}` }
}
