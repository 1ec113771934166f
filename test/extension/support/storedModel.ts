import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as vscode from 'vscode'
import { WEIGHTS_FILE } from '../../../src/model/formats/modelFiles'
import { PINNED_MODELS } from '../../../src/model/registry'
import { diskNotes } from '../../../src/model/store/disk/diskNotes'
import { writeNote } from '../../../src/model/store/sourceNote'
import { fileWithHeader } from '../../support/checkpoints/checkpointBytes'
import { copyEmbeddedModel } from './currentModel'
import type { Person } from './person'

const [GPT2] = PINNED_MODELS

/** Where the extension keeps gpt2, as its question says before anything is downloaded. */
export async function folderOfGpt2(person: Person): Promise<string> {
  person.answers({ buttons: [] })
  await vscode.commands.executeCommand('logitscope.useGpt2')
  const folder = /^To (.+)$/m.exec(person.told.at(-1) ?? '')?.[1]
  if (folder === undefined) throw new Error(`no folder in ${person.told.join('\n')}`)
  return folder
}

/**
 * Leaves in the store what it takes for gpt2, by names, note and length, and what can be loaded: the embedded
 * model’s tensors, and a tensor that nobody reads in the rest of the file, which takes no room on the disk.
 */
export async function storeAsGpt2(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  await copyEmbeddedModel(folder)
  await writeNote(diskNotes(folder), GPT2, { etag: null })

  const path = join(folder, WEIGHTS_FILE)
  const file = await readFile(path)
  const dataStart = 8 + Number(file.readBigUInt64LE())
  const header = JSON.parse(file.toString('utf8', 8, dataStart)) as Record<string, unknown>
  const data = file.subarray(dataStart)
  const headerBytes = dataStart + 200
  const rest = GPT2.bytes - 8 - headerBytes - data.length
  header.unread = { dtype: 'U8', shape: [rest], data_offsets: [data.length, data.length + rest] }
  await rm(path)
  const stored = await open(path, 'w')
  try {
    await stored.writeFile(fileWithHeader(JSON.stringify(header).padEnd(headerBytes), data))
    await stored.truncate(GPT2.bytes)
  } finally {
    await stored.close()
  }
}
