import { join } from 'node:path'
import { Tensor } from 'onnxruntime-common'
import { describe, expect, it, onTestFinished } from 'vitest'
import { peerFolderOf } from '../../../bench/fullSize/peerFolder'
import { writeSeededGpt2 } from '../../../bench/fullSize/seededGpt2'
import { elementAt } from '../../../src/shared/elementAt'
import { openNativeLibrary } from '../../../src/engine/runtime/native/nativeLibrary'
import { temporaryFolder } from '../../support/checkpoints/checkpointTiny'
import { NATIVE_LIBRARY } from '../../support/engine/loadModel'

const SMALL = { model_type: 'gpt2', n_layer: 2, n_head: 2, n_embd: 64, n_positions: 16, vocab_size: 50257 }
const TOKEN_IDS = [464, 3797, 3332, 319, 262]

describe('The files of the peers', () => {
  it('have almost the same logits in int8 as in float32', async () => {
    const folder = join(await temporaryFolder({}), 'small')
    await writeSeededGpt2(folder, { config: SMALL, type: 'F32', deviation: 0.2 })
    const onnx = join(await peerFolderOf(folder), 'onnx')
    const inFloat = await logitsOf(join(onnx, 'model.onnx'))
    const inInt8 = await logitsOf(join(onnx, 'model_quantized.onnx'))
    expect(relativeError(inInt8, inFloat)).toBeLessThan(0.05)
  })
})

async function logitsOf(path: string): Promise<Float32Array> {
  const session = await openNativeLibrary(NATIVE_LIBRARY).InferenceSession.create(path)
  onTestFinished(() => session.release())
  const int64 = (value: (tokenId: number, position: number) => number) =>
    new Tensor('int64', BigInt64Array.from(TOKEN_IDS.map(value), BigInt), [1, TOKEN_IDS.length])
  const past = session.inputNames.filter((name) => name.startsWith('past_key_values'))
  const noPast = new Tensor('float32', new Float32Array(0), [1, 2, 0, 32])
  const { logits } = await session.run({
    input_ids: int64((tokenId) => tokenId),
    attention_mask: int64(() => 1),
    position_ids: int64((_, position) => position),
    ...Object.fromEntries(past.map((name) => [name, noPast])),
  })
  if (!(logits?.data instanceof Float32Array)) throw new Error('the graph has no output logits')
  return logits.data
}

/** Root of the mean squared difference, divided by that of the expected values. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0)
  return Math.sqrt(squares(actual.map((value, i) => value - elementAt(expected, i))) / squares(expected))
}
