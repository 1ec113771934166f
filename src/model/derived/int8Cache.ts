// The int8 form of a checkpoint as a file: safetensors, named and marked by what it was made of.
// It takes seconds to make for gpt2 and half a minute for gpt2-xl, and a tenth of that to read.

import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engineApi'
import { SafetensorsError } from '../../shared/errors'
import type { ByteSource } from '../formats/byteSource'
import type { Checkpoint, WeightType } from '../gpt2/checkpoint'
import { openFile } from '../folder/filesOfFolder'
import { fingerprintOf } from '../folder/fingerprint'
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

/** Hundreds of megabytes each, and seconds to make. */
const MAX_FORMS = 4

/**
 * Gives `use` the int8 form of a checkpoint: the kept one where there is one that fits, otherwise one that is made
 * now, and kept where there is a folder for that. Where it cannot be kept it is made once more the next time.
 * @param folder of kept forms, nothing else; made where it does not exist
 */
export async function withInt8Form<T>(
  checkpoint: Checkpoint,
  location: ModelLocation,
  folder: string | undefined,
  use: (form: Checkpoint) => Promise<T>,
): Promise<T> {
  if (folder === undefined) return use(int8Checkpoint(checkpoint, int8Tensors(checkpoint)))
  const key = await fingerprintOf(location)
  const path = join(folder, fileName(location, key))
  const kept = (await openKept(path, key, checkpoint)) ?? (await keep(path, key, checkpoint))
  if (kept === undefined) return use(int8Checkpoint(checkpoint, int8Tensors(checkpoint)))
  try {
    return await use(int8Checkpoint(checkpoint, kept.tensors))
  } finally {
    await kept.close()
  }
}

/**
 * Deletes what is kept of a model.
 * @param folder of kept forms
 */
export function deleteInt8Forms(folder: string, model: Pick<ModelLocation, 'id' | 'folder'>): Promise<void> {
  return deleteOfPlace(folder, placeName(model.folder, model.id))
}

interface KeptForm {
  readonly tensors: ReadonlyMap<string, FormTensor>
  close(): Promise<void>
}

/** One file for each place that a model is in: another form of the same model takes its name. */
function fileName({ folder, id }: ModelLocation, key: string): string {
  return `${placeName(folder, id)}-${hash(`${INT8_FORM_VERSION}\n${key}`)}.safetensors`
}

function placeName(folder: string, id: string): string {
  return `${id.replaceAll(/[^\w.-]/g, '_')}-${hash(resolve(folder))}`
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function metadataOf(key: string): Record<string, string> {
  return { form: 'logitscope int8', version: String(INT8_FORM_VERSION), key }
}

/** Undefined where there is none, or one that is not what its name says. */
async function openKept(path: string, key: string, checkpoint: Checkpoint): Promise<KeptForm | undefined> {
  let source: ByteSource
  try {
    source = await openFile(path)
  } catch {
    return undefined
  }
  try {
    const metadata = await readSafetensorsMetadata(source, path)
    if (JSON.stringify(metadata) !== JSON.stringify(metadataOf(key)))
      throw new SafetensorsError(`${path} is another form.`)
    const { byName } = await tensorsOf(source, path)
    const tensors = new Map<string, FormTensor>()
    for (const [name, stored] of byName) {
      tensors.set(name, {
        ...weightOf(TYPES[stored.dtype], stored.shape),
        readNow: (target) => {
          stored.readNow(target)
        },
      })
    }
    checkInt8Tensors(checkpoint, tensors)
    return { tensors, close: () => source.close() }
  } catch (error) {
    await source.close()
    if (error instanceof SafetensorsError) return undefined
    throw error
  }
}

const DTYPES: Record<WeightType, string> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int8: 'I8',
  int32: 'I32',
}
const TYPES = Object.fromEntries(Object.entries(DTYPES).map(([type, dtype]) => [dtype, type])) as Record<
  string,
  WeightType
>

/** Makes the form and keeps it; undefined where the disk does not take it. */
async function keep(path: string, key: string, checkpoint: Checkpoint): Promise<KeptForm | undefined> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeForm(unfinished, metadataOf(key), int8Tensors(checkpoint))
    await rename(unfinished, path)
    // What was kept of the same place before, and what was never finished.
    const name = basename(path)
    await deleteOfPlace(dirname(path), name.slice(0, name.lastIndexOf('-')), name)
    await deleteOldest(dirname(path))
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    return undefined
  }
  return openKept(path, key, checkpoint)
}

async function writeForm(
  path: string,
  metadata: Record<string, string>,
  tensors: ReadonlyMap<string, DerivedTensor>,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const [name, { type, shape, byteLength }] of tensors) {
    header[name] = { dtype: DTYPES[type], shape, data_offsets: [end, end + byteLength] }
    end += byteLength
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const file = await open(path, 'w')
  try {
    await file.writeFile(length)
    await file.writeFile(json)
    for (const tensor of tensors.values()) await file.writeFile(tensor.compute())
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Forms of folders that nobody looks at any more would stay for ever. */
async function deleteOldest(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name))
  const forms = await Promise.all(paths.map(async (path) => ({ path, modified: (await stat(path)).mtimeMs })))
  forms.sort((a, b) => b.modified - a.modified)
  for (const { path } of forms.slice(MAX_FORMS)) await rm(path, { force: true })
}

async function deleteOfPlace(folder: string, place: string, except?: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const name of await readdir(folder)) {
    if (name !== except && name.startsWith(`${place}-`)) await rm(join(folder, name), { force: true })
  }
}
