// A cache of the int8 forms of checkpoints: safetensors files, whose name and metadata identify the checkpoint. Computing
// a form takes seconds for gpt2 and two minutes for gpt2-xl; reading it takes a tenth of that.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import type { ModelInfo } from '../../shared/contracts/engine/prediction'
import { SafetensorsError } from '../../shared/errors'
import type { ByteSource } from '../formats/byteSource'
import { BYTES_PER_ELEMENT, type Checkpoint, type WeightType } from '../gpt2/checkpoint'
import { openFile } from '../folder/filesOfFolder'
import {
  checkInt8Tensors,
  type DerivedTensor,
  type FormTensor,
  weightOf,
  INT8_FORM_VERSION,
  int8Checkpoint,
  int8Tensors,
} from '../int8/int8Form'
import { readSafetensorsMetadata } from '../formats/safetensors'
import { tensorsOf } from '../formats/storedTensors'
import { locationName, shortHash } from './locationName'
import { totalSize } from './totalSize'

/** A form has hundreds of megabytes and can be computed again in seconds. */
const MAX_FORMS = 4

/**
 * Calls `use` with the int8 form of a checkpoint: the cached one if there is a valid one, otherwise a newly computed one,
 * which is added to the cache if possible.
 * @param location with the fingerprint that identifies the form in the cache
 * @param folder the cache folder, which contains nothing else and is created if it does not exist; undefined for none
 */
export async function withInt8Form<T>(
  checkpoint: Checkpoint,
  location: IdentifiedModel,
  folder: string | undefined,
  use: (form: Checkpoint) => Promise<T>,
): Promise<T> {
  if (folder === undefined) return use(int8Checkpoint(checkpoint, int8Tensors(checkpoint)))
  const { fingerprint } = location
  const path = join(folder, fileName(location))
  const cached =
    (await openCached(path, fingerprint, checkpoint)) ?? (await addToCache(path, fingerprint, checkpoint))
  if (cached === undefined) return use(int8Checkpoint(checkpoint, int8Tensors(checkpoint)))
  try {
    return await use(int8Checkpoint(checkpoint, cached.tensors))
  } finally {
    await cached.close()
  }
}

/**
 * Deletes the cached forms of a model.
 * @param folder the cache folder
 */
export async function deleteInt8Forms(
  folder: string,
  model: Pick<ModelLocation, 'id' | 'folder'>,
): Promise<void> {
  for (const name of await formsOf(folder, model)) await rm(join(folder, name), { force: true })
}

/**
 * Bytes of the cached forms of a model.
 * @param folder the cache folder
 */
export async function int8FormBytes(
  folder: string,
  model: Pick<ModelLocation, 'id' | 'folder'>,
): Promise<number> {
  const forms = await formsOf(folder, model)
  return totalSize(forms.map((name) => join(folder, name)))
}

type IdentifiedModel = Pick<ModelLocation, 'id' | 'folder'> & Pick<ModelInfo, 'fingerprint'>

interface CachedForm {
  readonly tensors: ReadonlyMap<string, FormTensor>
  close(): Promise<void>
}

/** One file for each model folder: a form with another fingerprint replaces the one before. */
function fileName({ folder, id, fingerprint }: IdentifiedModel): string {
  return `${locationName({ folder, id })}-${shortHash(`${INT8_FORM_VERSION}\n${fingerprint}`)}.safetensors`
}

function metadataOf(key: string): Record<string, string> {
  return { form: 'logitscope int8', version: String(INT8_FORM_VERSION), key }
}

/** Undefined if the file is missing or is not the form with this key. */
async function openCached(
  path: string,
  key: string,
  checkpoint: Checkpoint,
): Promise<CachedForm | undefined> {
  let source: ByteSource
  try {
    source = await openFile(path)
  } catch {
    return undefined
  }
  try {
    const metadata = await readSafetensorsMetadata(source, basename(path))
    if (JSON.stringify(metadata) !== JSON.stringify(metadataOf(key)))
      throw new SafetensorsError(`${path} is the form of another checkpoint.`)
    const { byName } = await tensorsOf(source, basename(path))
    const tensors = new Map<string, FormTensor>()
    for (const [name, stored] of byName) {
      const type = TYPES.get(stored.dtype)
      if (type === undefined) throw new SafetensorsError(`${path} has a tensor of type ${stored.dtype}.`)
      tensors.set(name, {
        ...weightOf(type, stored.shape),
        place: stored.place,
        readNow: (target) => {
          stored.readNow(target)
        },
      })
    }
    checkInt8Tensors(checkpoint, tensors)
    await noteUse(path)
    return { tensors, close: () => source.close() }
  } catch (error) {
    await source.close()
    if (error instanceof SafetensorsError) return undefined
    throw error
  }
}

/** Sets the file's time, by which `deleteOutdated` knows when it was last used. Reading works without it. */
async function noteUse(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
}

const DTYPES = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int8: 'I8',
  int32: 'I32',
} as const satisfies Record<WeightType, string>
const TYPES: ReadonlyMap<string, WeightType> = new Map([
  [DTYPES.float32, 'float32'],
  [DTYPES.float16, 'float16'],
  [DTYPES.bfloat16, 'bfloat16'],
  [DTYPES.int8, 'int8'],
  [DTYPES.int32, 'int32'],
])

/** Computes the form and writes it to the cache; undefined if it cannot be written. */
async function addToCache(
  path: string,
  key: string,
  checkpoint: Checkpoint,
): Promise<CachedForm | undefined> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeForm(unfinished, metadataOf(key), int8Tensors(checkpoint))
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    // Another window may have added the form meanwhile. Windows does not replace a file that is mapped into memory.
    return openCached(path, key, checkpoint)
  }
  await deleteOutdated(path)
  return openCached(path, key, checkpoint)
}

async function writeForm(
  path: string,
  metadata: Record<string, string>,
  tensors: ReadonlyMap<string, DerivedTensor>,
): Promise<void> {
  const { header, offsets } = layoutOf(tensors)
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, ...header }))
  const padding = -(LENGTH_BYTES + json.length) & (ALIGNMENT - 1)
  const start = Buffer.alloc(LENGTH_BYTES + json.length + padding, ' ')
  start.writeBigUInt64LE(BigInt(json.length + padding))
  json.copy(start, LENGTH_BYTES)
  const file = await open(path, 'w')
  try {
    await writeAt(file, start, 0)
    for (const [name, tensor] of tensors)
      await writeAt(file, tensor.compute(), start.length + (offsets.get(name) ?? NaN))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Bytes of the header's length. */
const LENGTH_BYTES = 8
/** Every tensor begins at a multiple of its elements' size, so that a runtime can map the file. */
const ALIGNMENT = 8

/** The tensors in the file: those with the largest elements first, which aligns all of them. */
function layoutOf(tensors: ReadonlyMap<string, DerivedTensor>) {
  const header: Record<string, unknown> = {}
  const offsets = new Map<string, number>()
  let end = 0
  const sorted = [...tensors].sort(([, a], [, b]) => BYTES_PER_ELEMENT[b.type] - BYTES_PER_ELEMENT[a.type])
  for (const [name, { type, shape, byteLength }] of sorted) {
    offsets.set(name, end)
    header[name] = { dtype: DTYPES[type], shape, data_offsets: [end, end + byteLength] }
    end += byteLength
  }
  return { header, offsets }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/**
 * Deletes other forms of the same model folder, files that were never completed, and the forms that were not used for the
 * longest time: without a limit, forms of folders that no longer exist would stay forever. A file that cannot be deleted
 * stays until the next time: Windows does not delete one that is mapped into memory.
 * @param path of the form that was added
 */
async function deleteOutdated(path: string): Promise<void> {
  const folder = dirname(path)
  const name = basename(path)
  const location = name.slice(0, name.lastIndexOf('-'))
  const others = (await readdir(folder)).filter((other) => other !== name)
  const replaced = others.filter((other) => isFormOf(location, other))
  const rest = await byLastUse(
    folder,
    others.filter((other) => !isFormOf(location, other)),
  )
  const outdated = [...replaced, ...rest.slice(MAX_FORMS - 1)]
  await Promise.allSettled(outdated.map((other) => rm(join(folder, other), { force: true })))
}

/** The files that still exist, the one that was used last first. */
async function byLastUse(folder: string, names: readonly string[]): Promise<string[]> {
  const times = await Promise.allSettled(
    names.map(async (name) => ({ name, used: (await stat(join(folder, name))).mtimeMs })),
  )
  const files = times.flatMap((time) => (time.status === 'fulfilled' ? [time.value] : []))
  return files.sort((a, b) => b.used - a.used).map(({ name }) => name)
}

function isFormOf(location: string, name: string): boolean {
  return name.startsWith(`${location}-`)
}

/** Names of the forms of a model. */
async function formsOf(folder: string, model: Pick<ModelLocation, 'id' | 'folder'>): Promise<string[]> {
  if (!existsSync(folder)) return []
  const location = locationName(model)
  return (await readdir(folder)).filter((name) => isFormOf(location, name))
}
