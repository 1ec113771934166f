import { LogitscopeError, ModelFilesError, NoConfigError, PickleFilesError } from '../../shared/errors'
import { formatCount } from '../../shared/text/format'
import { byPlainName, type Checkpoint, hasOwnHead, openCheckpoint, withTiedWte } from '../gpt2/checkpoint'
import { parseConfig } from '../gpt2/config'
import { CONFIG_FILE, type ModelFiles, SHARD_INDEX_FILE, WEIGHTS_FILE } from '../formats/modelFiles'
import { pickledWeights } from '../formats/pickleFiles'
import { proposeConfig, type ProposedConfig } from '../gpt2/proposedConfig'
import { openShards, openWeightsFile, type StoredTensors } from '../formats/storedTensors'

/** Far above real files: a configuration has 1.5 kB, the shard index of gpt2-xl 0.1 MB. */
const MAX_JSON_BYTES = 16 * 1024 ** 2

/**
 * Opens the checkpoint in files of Hugging Face's layout for as long as `use` runs.
 * @throws PickleFilesError, NoConfigError or another ModelFilesError if files are missing, and what `parseConfig` and
 * `openCheckpoint` throw
 */
export async function withModelFiles<T>(
  files: ModelFiles,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const config = (await namesOf(files)).includes(CONFIG_FILE)
    ? parseConfig(await readJson(files, CONFIG_FILE))
    : undefined
  return withTensors(files, async (tensors) => {
    if (config === undefined) {
      throw new NoConfigError(
        `${files.place} has no ${CONFIG_FILE}, which says how many heads the model has. “Choose a Folder…” creates one.`,
      )
    }
    return use(await openCheckpoint(tensors, config))
  })
}

/**
 * Checks that the tensors fit a `config.json` that has not been saved yet.
 * @throws what `withModelFiles` throws
 */
export function checkTensors(files: ModelFiles, config: string): Promise<void> {
  return withTensors(files, async (tensors) => {
    await openCheckpoint(tensors, parseConfig(config))
  })
}

/**
 * The configuration of a model without `config.json`, as far as its tensors show it.
 * @throws ModelFilesError, SafetensorsError, MissingTensorsError, TensorMismatchError
 */
export function proposeConfigOf(files: ModelFiles): Promise<ProposedConfig> {
  return withTensors(files, async (tensors) => {
    const found = withTiedWte(byPlainName(tensors))
    const shapes = new Map([...found].map(([name, { shape }]) => [name, shape]))
    return proposeConfig(shapes, { tied: !(await hasOwnHead(found)) })
  })
}

async function withTensors<T>(files: ModelFiles, use: (tensors: StoredTensors) => Promise<T>): Promise<T> {
  const tensors = await openTensors(files, await namesOf(files))
  try {
    return await use(tensors)
  } finally {
    await tensors.close()
  }
}

async function namesOf(files: ModelFiles): Promise<readonly string[]> {
  try {
    return await files.names()
  } catch (cause) {
    throw new ModelFilesError(`${files.place} cannot be read. Is it the model’s folder?`, { cause })
  }
}

/** Opens `model.safetensors` if it exists, otherwise the shards of an index. */
async function openTensors(files: ModelFiles, names: readonly string[]): Promise<StoredTensors> {
  if (names.includes(WEIGHTS_FILE)) return openWeightsFile(files)
  if (names.includes(SHARD_INDEX_FILE)) return openShards(files, await readJson(files, SHARD_INDEX_FILE))
  if (pickledWeights(names).length > 0) {
    throw new PickleFilesError(
      `PyTorch pickle files can run code, so Logitscope does not read them. Convert ${files.place} to safetensors.`,
    )
  }
  throw new ModelFilesError(
    `${WEIGHTS_FILE} cannot be read from ${files.place}, which has no such file. Is it the model’s folder?`,
  )
}

async function readJson(files: ModelFiles, name: string): Promise<string> {
  try {
    return await readText(files, name)
  } catch (cause) {
    if (cause instanceof LogitscopeError) throw cause
    throw new ModelFilesError(`${name} cannot be read from ${files.place}. Is it the model’s folder?`, {
      cause,
    })
  }
}

async function readText(files: ModelFiles, name: string): Promise<string> {
  const file = await files.open(name)
  try {
    if (file.size > MAX_JSON_BYTES)
      throw new ModelFilesError(
        `${name} has ${formatCount(file.size)} bytes; at most ${formatCount(MAX_JSON_BYTES)} are supported.`,
      )
    return new TextDecoder().decode(await file.read(0, file.size))
  } finally {
    await file.close()
  }
}
