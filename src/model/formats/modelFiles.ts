// What the files of a model's folder are called, as Hugging Face names them, and how they are come by.

import type { ByteSource } from './byteSource'

export const CONFIG_FILE = 'config.json'
export const WEIGHTS_FILE = 'model.safetensors'
export const SHARD_INDEX_FILE = 'model.safetensors.index.json'

/** A model's files, wherever they lie. */
export interface ModelFiles {
  /** What people call the place. */
  readonly place: string
  /** What there is. */
  names(): Promise<readonly string[]>
  open(name: string): Promise<ByteSource>
}
