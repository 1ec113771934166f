import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as vscode from 'vscode'
import { WEIGHTS_FILE } from '../../../src/model/formats/modelFiles'
import { PINNED_MODELS } from '../../../src/model/registry'
import { elementAt } from '../../../src/shared/elementAt'
import { diskNotes } from '../../../src/model/store/disk/diskNotes'
import { writeNote } from '../../../src/model/store/sourceNote'
import { fileWithHeader } from '../../support/checkpoints/checkpointBytes'
import { copyEmbeddedModel } from './currentModel'
import type { FakeUser } from './fakeUser'

const GPT2 = elementAt(PINNED_MODELS, 0)

/** The folder where the extension stores gpt2, as named in the question before the download. */
export async function folderOfGpt2(user: FakeUser): Promise<string> {
  user.answers({ buttons: [] })
  await vscode.commands.executeCommand('logitscope.useGpt2')
  const folder = /^To (.+)$/m.exec(user.messages.at(-1) ?? '')?.[1]
  if (folder === undefined) throw new Error(`no folder in ${user.messages.join('\n')}`)
  return folder
}

/**
 * Stores a model that has the names, source note and size of gpt2 and can be loaded: the embedded model’s tensors, and an
 * unused tensor in the rest of the file, which is sparse and needs no disk space.
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
