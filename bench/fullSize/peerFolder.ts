import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFile } from '../../src/model/folder/filesOfFolder'
import { withModelFolder } from '../../src/model/folder/modelFolder'
import { readSafetensorsHeader } from '../../src/model/formats/safetensors'
import { floatWeights } from './floatWeights'
import { quantizedWeights, writeQuantizedMatrices } from './quantizedWeights'
import { standardGraph } from './standardGraph'

/** The names that `@huggingface/transformers` expects for its data types fp32 and q8. */
const FLOAT = { graph: 'model.onnx', data: 'model.onnx_data' }
const QUANTIZED = { graph: 'model_quantized.onnx', data: 'model_quantized.onnx_data' }

/**
 * Creates a folder next to the checkpoint with the same weights and the standard graph, in float32 and in int8, in the
 * layout that the peers need.
 */
export async function peerFolderOf(modelFolder: string): Promise<string> {
  const folder = `${modelFolder}-onnx`
  const onnx = join(folder, 'onnx')
  if (existsSync(join(onnx, QUANTIZED.graph))) return folder
  await mkdir(onnx, { recursive: true })
  await copyFile(join(modelFolder, 'config.json'), join(folder, 'config.json'))
  const weights = join(modelFolder, 'model.safetensors')
  // A safetensors file can be used as external data directly, since it has tensors at offsets.
  if (!existsSync(join(onnx, FLOAT.data))) await link(weights, join(onnx, FLOAT.data))
  const entries = await headerOf(weights)
  await withModelFolder(modelFolder, async (checkpoint) => {
    const { config } = checkpoint
    const floats = floatWeights(config, entries, FLOAT.data)
    await writeFile(join(onnx, FLOAT.graph), standardGraph(config, floats))
    const matrices = await writeQuantizedMatrices(checkpoint, join(onnx, QUANTIZED.data))
    // The last file: an unfinished folder is completed by the next call.
    await writeFile(
      join(onnx, QUANTIZED.graph),
      standardGraph(config, quantizedWeights(floats, matrices, QUANTIZED.data)),
    )
  })
  return folder
}

async function headerOf(path: string) {
  const source = await openFile(path)
  try {
    return await readSafetensorsHeader(source, path)
  } finally {
    await source.close()
  }
}
