// What the files of a model's folder are called, as Hugging Face names them.

export const CONFIG_FILE = 'config.json'
export const WEIGHTS_FILE = 'model.safetensors'
export const SHARD_INDEX_FILE = 'model.safetensors.index.json'
