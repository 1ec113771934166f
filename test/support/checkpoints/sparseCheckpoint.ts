// Checkpoints of any size without weights: refusals need only the header.

import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { WEIGHTS_FILE } from '../../../src/model/formats/modelFiles'
import { expectedShapes } from '../../../src/model/gpt2/checkpoint'
import { parseConfig } from '../../../src/model/gpt2/config'
import { fileWithHeader } from './checkpointBytes'
import { temporaryFolder, TINY_CONFIG } from './checkpointTiny'

/** The header of a model's safetensors file, and the size of the whole file. */
export function checkpointHeader(config: object): { readonly bytes: Uint8Array; readonly fileSize: number } {
  const header: Record<string, object> = {}
  let end = 0
  for (const [name, shape] of expectedShapes(parseConfig(JSON.stringify(config)))) {
    const start = end
    end += shape.reduce((product, length) => product * length, 4)
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] }
  }
  const bytes = fileWithHeader(JSON.stringify(header))
  return { bytes, fileSize: bytes.length + end }
}

/** A folder with a model of 1.5 billion parameters, whose weights take no space on the disk. */
export async function sparseModelFolder(): Promise<string> {
  const config = { ...TINY_CONFIG, n_layer: 48, n_head: 25, n_embd: 1600, n_positions: 1024 }
  const { bytes, fileSize } = checkpointHeader(config)
  const folder = await temporaryFolder({ 'config.json': JSON.stringify(config), [WEIGHTS_FILE]: bytes })
  await truncate(join(folder, WEIGHTS_FILE), fileSize)
  return folder
}
