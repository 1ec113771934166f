// The files of a model's folder, in Hugging Face's layout.

import type { ByteSource } from './byteSource'

export const CONFIG_FILE = 'config.json'
export const WEIGHTS_FILE = 'model.safetensors'
export const SHARD_INDEX_FILE = 'model.safetensors.index.json'

/** A model's files, on disk or elsewhere. */
export interface ModelFiles {
  /** Where the files are, as text for the user. */
  readonly place: string
  /** Names of the files that exist. */
  names(): Promise<readonly string[]>
  open(name: string): Promise<ByteSource>
}
