// A cache of prepacked forms of models: the graphs with their weights as the native runtime arranges them for one
// processor. It maps them, so that a model is loaded without a copy and computes as fast as with one. A form takes twice
// the space of its weights, so it is only made for a model that is used more than once.

import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import type { Precision } from '../../shared/contracts/engine/prediction'
import { FileLock, LOCK_LIMITS } from '../store/disk/fileLock'
import { locationName, shortHash } from './locationName'
import { totalSize } from './totalSize'

/** The model, runtime and processor that a form is for. A form is used only if all fields are equal. */
export interface PrepackedKey {
  readonly model: Pick<ModelLocation, 'id' | 'folder'>
  readonly digest: string
  readonly precision: Precision
  /** The version of the native runtime. */
  readonly runtime: string
  /** The processor and its instructions. */
  readonly processor: string
}

/** Increase it whenever the same model would give other graphs. */
const PREPACKED_FORM_VERSION = 3
/** A form of gpt2 has 1 GB, and can be made again in seconds. */
const MAX_FORMS = 4
/** Bytes of a form for each byte of the weights, at most: the stored matrices and the arranged ones, measured 2.0 and 2.4. */
const BYTES_PER_WEIGHT_BYTE = 2.5
/** Making a form leaves this much of the disk free. */
const MIN_FREE_BYTES = 10 * 1024 ** 3

/** The file that says what a form was made of; its time is the last use. Without it a form is not whole. */
const NOTE_FILE = 'form.json'
const LOCK_FILE = 'making.lock'
const USED = '.used'
/** The content of the note of a use after making a form has failed, which would fail again. */
const FAILED = 'failed'
const UNFINISHED = '.unfinished'

/** The forms in a folder, which contains nothing else. */
export class PrepackedForms {
  /** @param folder is created if it does not exist */
  constructor(private readonly folder: string) {}

  /** The folder of the form with this key, if there is one, which counts as a use of it. */
  async find(key: PrepackedKey): Promise<string | undefined> {
    const form = join(this.folder, nameOf(key))
    const note = join(form, NOTE_FILE)
    const found = await readFile(note, 'utf8').catch(() => undefined)
    if (found !== noteOf(key)) return undefined
    const now = new Date()
    await utimes(note, now, now).catch(() => undefined)
    return form
  }

  /**
   * Notes that the model is used without a form. Resolves with whether a form should be made: the model was used before,
   * and making it has not failed.
   */
  async noteUse(key: PrepackedKey): Promise<boolean> {
    const path = this.usePath(key)
    const noted = await readFile(path, 'utf8').catch(() => undefined)
    if (noted !== undefined) return noted === ''
    // On a disk that cannot be written to, no form can be made either.
    await mkdir(this.folder, { recursive: true }).catch(() => undefined)
    await writeFile(path, '').catch(() => undefined)
    return false
  }

  /**
   * Makes the form, unless it exists, another process is making one, or the disk would be short of space afterwards.
   * Older forms of the same model are deleted, and the least used ones beyond a maximum.
   * @throws what `make` throws, and the errors of the disk
   */
  async add(key: PrepackedKey, { weightBytes, make, freeBytes = freeBytesOf }: MakeOptions): Promise<void> {
    await mkdir(this.folder, { recursive: true })
    const lock = await FileLock.tryToAcquire(join(this.folder, LOCK_FILE), LOCK_LIMITS)
    if (lock === undefined) return
    const name = nameOf(key)
    const unfinished = join(this.folder, `${name}.${randomUUID()}${UNFINISHED}`)
    try {
      await this.deleteWhere((entry) => entry.endsWith(UNFINISHED))
      if ((await this.find(key)) !== undefined) return
      const left = (await freeBytes(this.folder)) - weightBytes * BYTES_PER_WEIGHT_BYTE
      if (left < MIN_FREE_BYTES) return
      await mkdir(unfinished)
      await make(unfinished).catch(async (error: unknown) => {
        await writeFile(this.usePath(key), FAILED)
        throw error
      })
      await writeFile(join(unfinished, NOTE_FILE), noteOf(key))
      await rename(unfinished, join(this.folder, name))
      // Windows does not delete a file that a process has mapped. The next new form deletes it then.
      await this.deleteOthers(key).catch(() => undefined)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
      await lock.release()
    }
  }

  /** Deletes the form with this key. */
  delete(key: PrepackedKey): Promise<void> {
    return this.deleteWhere((entry) => entry === nameOf(key))
  }

  /** Deletes all forms of a model. */
  deleteOf(model: PrepackedKey['model']): Promise<void> {
    return this.deleteWhere((entry) => entry.startsWith(`${locationName(model)}-`))
  }

  /** Bytes of all forms of a model. */
  async bytesOf(model: PrepackedKey['model']): Promise<number> {
    const forms = (await this.entries()).filter((entry) => entry.startsWith(`${locationName(model)}-`))
    const files = await Promise.all(forms.map((form) => filesIn(join(this.folder, form))))
    return totalSize(files.flat())
  }

  /** Deletes older forms of the same model, and the least used ones beyond the maximum. */
  private async deleteOthers(key: PrepackedKey): Promise<void> {
    const [name, samePrecision] = [nameOf(key), `${locationName(key.model)}-${key.precision}-`]
    await this.deleteWhere((entry) => entry.startsWith(samePrecision) && !entry.startsWith(name))
    const forms = await Promise.all(
      (await this.entries()).map(async (name) => ({ name, used: await lastUse(join(this.folder, name)) })),
    )
    const whole = forms.filter(({ used }) => used > 0).sort((a, b) => b.used - a.used)
    const oldest = new Set(whole.slice(MAX_FORMS).map(({ name }) => name))
    await this.deleteWhere((name) => oldest.has(name))
  }

  private async deleteWhere(isDeleted: (entry: string) => boolean): Promise<void> {
    const names = (await this.entries()).filter(isDeleted)
    await Promise.all(names.map((name) => rm(join(this.folder, name), { recursive: true, force: true })))
  }

  private usePath(key: PrepackedKey): string {
    return join(this.folder, nameOf(key) + USED)
  }

  private entries(): Promise<string[]> {
    return readdir(this.folder).catch(() => [])
  }
}

interface MakeOptions {
  /** Size of the model's weights. */
  readonly weightBytes: number
  /** Writes the form's files into a folder. */
  readonly make: (folder: string) => Promise<void>
  /** Bytes that the disk of a folder has free. */
  readonly freeBytes?: (folder: string) => Promise<number>
}

function nameOf(key: PrepackedKey): string {
  return `${locationName(key.model)}-${key.precision}-${shortHash(noteOf(key))}`
}

function noteOf({ digest, precision, runtime, processor }: PrepackedKey): string {
  return JSON.stringify({ version: PREPACKED_FORM_VERSION, digest, precision, runtime, processor })
}

/** In milliseconds; 0 for an entry that is not a form. */
async function lastUse(form: string): Promise<number> {
  return stat(join(form, NOTE_FILE)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.map((name) => join(folder, name))
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
