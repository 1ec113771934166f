import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFile } from '../../src/model/folder/filesOfFolder'
import { parseConfig } from '../../src/model/gpt2/config'
import { readSafetensorsHeader } from '../../src/model/formats/safetensors'
import { standardGraph } from './standardGraph'

const DATA_FILE = 'model.onnx_data'

/** Creates a folder next to the checkpoint with the same weights and the standard graph, in the layout that the peers need. */
export async function peerFolderOf(modelFolder: string): Promise<string> {
  const folder = `${modelFolder}-onnx`
  const onnx = join(folder, 'onnx')
  await mkdir(onnx, { recursive: true })
  const weights = join(modelFolder, 'model.safetensors')
  const source = await openFile(weights)
  try {
    const config = parseConfig(await readFile(join(modelFolder, 'config.json'), 'utf8'))
    const entries = await readSafetensorsHeader(source, 'model.safetensors')
    await writeFile(join(onnx, 'model.onnx'), standardGraph(config, entries, DATA_FILE))
  } finally {
    await source.close()
  }
  // A safetensors file can be used as external data directly, since it has tensors at offsets.
  if (!existsSync(join(onnx, DATA_FILE))) await link(weights, join(onnx, DATA_FILE))
  await copyFile(join(modelFolder, 'config.json'), join(folder, 'config.json'))
  return folder
}
