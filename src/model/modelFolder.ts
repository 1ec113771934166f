import { open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelFilesError, NoConfigError, PickleFilesError } from '../shared/errors'
import { byPlainName, type Checkpoint, hasOwnHead, openCheckpoint, withTiedWte } from './checkpoint'
import { parseConfig } from './config'
import { CONFIG_FILE, SHARD_INDEX_FILE, WEIGHTS_FILE } from './modelFiles'
import { pickledWeights } from './pickleFiles'
import { proposeConfig, type ProposedConfig } from './proposedConfig'
import { openShards, openWeightsFile, type StoredTensors } from './storedTensors'

/** Far above what there is: 1.5 kB for a configuration, 0.1 MB for gpt2-xl in shards. */
const MAX_JSON_BYTES = 16 * 1024 ** 2

/**
 * Opens the checkpoint in a folder of Hugging Face's layout for as long as `use` runs.
 * @throws PickleFilesError, NoConfigError or another ModelFilesError where files are missing,
 * and what `parseConfig` and `openCheckpoint` throw
 */
export async function withModelFolder<T>(
  folder: string,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const config = (await filesOf(folder)).includes(CONFIG_FILE)
    ? parseConfig(await readJson(folder, CONFIG_FILE))
    : undefined
  return withTensors(folder, async (tensors) => {
    if (config === undefined) {
      throw new NoConfigError(
        `${folder} has no ${CONFIG_FILE}, which says how many heads the model has. “Choose a Folder…” makes one.`,
      )
    }
    return use(await openCheckpoint(tensors, config))
  })
}

/**
 * Opens and closes the checkpoint in a folder.
 * @throws what `withModelFolder` throws
 */
export function checkModelFolder(folder: string): Promise<void> {
  return withModelFolder(folder, () => Promise.resolve())
}

/**
 * Whether the tensors of a folder are those of a `config.json` that it does not have yet.
 * @throws what `withModelFolder` throws
 */
export function checkTensors(folder: string, config: string): Promise<void> {
  return withTensors(folder, async (tensors) => {
    await openCheckpoint(tensors, parseConfig(config))
  })
}

/**
 * Writes the `config.json` that a folder lacks; one that is there is never overwritten.
 * @throws ModelFilesError
 */
export async function saveConfig(folder: string, config: string): Promise<void> {
  try {
    await writeFile(join(folder, CONFIG_FILE), config, { flag: 'wx' })
  } catch (cause) {
    throw new ModelFilesError(
      `${CONFIG_FILE} cannot be written to ${folder}. Copy the model to a folder of yours.`,
      { cause },
    )
  }
}

/**
 * What the tensors of a folder without `config.json` say it should be.
 * @throws ModelFilesError, SafetensorsError, MissingTensorsError, TensorMismatchError
 */
export function proposeConfigOf(folder: string): Promise<ProposedConfig> {
  return withTensors(folder, async (tensors) => {
    const found = withTiedWte(byPlainName(tensors))
    const shapes = new Map([...found].map(([name, { shape }]) => [name, shape]))
    return proposeConfig(shapes, { tied: !(await hasOwnHead(found)) })
  })
}

async function withTensors<T>(folder: string, use: (tensors: StoredTensors) => Promise<T>): Promise<T> {
  const tensors = await openTensors(folder, await filesOf(folder))
  try {
    return await use(tensors)
  } finally {
    await tensors.close()
  }
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    throw new ModelFilesError(`${folder} cannot be read. Is it the model’s folder?`, { cause })
  }
}

/** One file where there is one; the shards of an index otherwise. */
async function openTensors(folder: string, files: readonly string[]): Promise<StoredTensors> {
  if (files.includes(WEIGHTS_FILE)) return openWeightsFile(folder)
  if (files.includes(SHARD_INDEX_FILE)) return openShards(folder, await readJson(folder, SHARD_INDEX_FILE))
  if (pickledWeights(files).length > 0) {
    throw new PickleFilesError(
      `PyTorch pickle files can run code, so Logitscope does not read them. Convert ${folder} to safetensors.`,
    )
  }
  throw new ModelFilesError(
    `${WEIGHTS_FILE} cannot be read from ${folder}, which has no such file. Is it the model’s folder?`,
  )
}

async function readJson(folder: string, file: string): Promise<string> {
  try {
    return await readText(join(folder, file))
  } catch (cause) {
    throw new ModelFilesError(`${file} cannot be read from ${folder}. Is it the model’s folder?`, { cause })
  }
}

async function readText(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error(`${path} is not a file`)
    if (stat.size > MAX_JSON_BYTES) throw new Error(`${path} has ${stat.size} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
