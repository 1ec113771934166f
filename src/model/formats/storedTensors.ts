// The tensors of a checkpoint, in one file or in several shards.

import { ModelFilesError, SafetensorsError } from '../../shared/errors'
import { quoted } from '../../shared/text/quoted'
import type { ByteSource } from './byteSource'
import { CHECKPOINT_LIMITS, HeaderBudget } from './checkpointLimits'
import { type ModelFiles, SHARD_INDEX_FILE, WEIGHTS_FILE } from './modelFiles'
import { readSafetensorsHeader, type TensorEntry } from './safetensors'
import { parseShardIndex } from './shardIndex'

/** A place in one of a model's files. */
export interface FilePlace {
  /** Name of the file in the model's folder. */
  readonly file: string
  /** In bytes from the start of the file. */
  readonly offset: number
}

/** A tensor in a file. */
export interface StoredTensor {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly byteLength: number
  /** Where its bytes begin. */
  readonly place: FilePlace
  /** Reads `length` of its bytes from byte `start` on, as they are in the file. */
  read(start: number, length: number): Promise<Uint8Array>
  /** Fills `target` with its first bytes, synchronously. */
  readNow(target: Uint8Array): void
}

/** Tensors by their stored names. `close` closes the files that they are read from. */
export interface StoredTensors {
  /** Name of the file that lists the tensors. */
  readonly file: string
  readonly byName: ReadonlyMap<string, StoredTensor>
  close(): Promise<void>
}

/**
 * The tensors of one safetensors file; `close` closes the source.
 * @throws SafetensorsError
 */
export async function tensorsOf(
  source: ByteSource,
  file = WEIGHTS_FILE,
  budget = new HeaderBudget(),
): Promise<StoredTensors> {
  const entries = await readSafetensorsHeader(source, file, budget)
  return {
    file,
    byName: new Map([...entries].map(([name, entry]) => [name, storedTensor(source, file, entry)])),
    close: () => source.close(),
  }
}

/**
 * Opens `model.safetensors`, or another file of the format.
 * @param budget of all files of the checkpoint together
 * @throws ModelFilesError, SafetensorsError
 */
export async function openWeightsFile(
  files: ModelFiles,
  file = WEIGHTS_FILE,
  budget = new HeaderBudget(),
): Promise<StoredTensors> {
  const source = await openedFile(files, file)
  try {
    return await tensorsOf(source, file, budget)
  } catch (error) {
    await source.close()
    throw error
  }
}

/**
 * Opens the shards that an index names, each once.
 * @param index the content of `model.safetensors.index.json`
 * @throws SafetensorsError if the index is malformed, a shard lacks one of its tensors, or the shards together exceed
 * the limits; ModelFilesError
 */
export async function openShards(
  files: ModelFiles,
  index: string,
  limits = CHECKPOINT_LIMITS,
): Promise<StoredTensors> {
  const shardOf = parseShardIndex(index, limits)
  const budget = new HeaderBudget(limits)
  const shards = new Map<string, StoredTensors>()
  const close = async () => {
    await Promise.all([...shards.values()].map((shard) => shard.close()))
  }
  try {
    for (const file of new Set(shardOf.values())) shards.set(file, await openWeightsFile(files, file, budget))
    const byName = new Map<string, StoredTensor>()
    for (const [name, file] of shardOf) {
      const tensor = shards.get(file)?.byName.get(name)
      if (tensor === undefined) {
        throw new SafetensorsError(
          `${SHARD_INDEX_FILE} says that ${quoted(name)} is in ${quoted(file)}, which lacks it. Download the files again.`,
        )
      }
      byName.set(name, tensor)
    }
    return { file: SHARD_INDEX_FILE, byName, close }
  } catch (error) {
    await close()
    throw error
  }
}

function storedTensor(
  source: ByteSource,
  file: string,
  { dtype, shape, offset, byteLength }: TensorEntry,
): StoredTensor {
  return {
    dtype,
    shape,
    byteLength,
    place: { file, offset },
    read: (start, length) =>
      start + length <= byteLength
        ? source.read(offset + start, length)
        : Promise.reject(new Error(`the tensor has only ${byteLength} bytes`)),
    readNow: (target) => {
      if (target.length > byteLength) throw new Error(`the tensor has only ${byteLength} bytes`)
      source.readNow(offset, target)
    },
  }
}

async function openedFile(files: ModelFiles, name: string): Promise<ByteSource> {
  try {
    return await files.open(name)
  } catch (cause) {
    throw new ModelFilesError(
      `${quoted(name)} cannot be read from ${files.place}. Is it the model’s folder?`,
      {
        cause,
      },
    )
  }
}
