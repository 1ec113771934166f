import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { spawnProcess } from '../../../../src/engine/client/spawn/spawnProcess'
import { MINI } from '../../../support/engine/engineUnderTest'
import { temporaryFolder } from '../../../support/checkpoints/checkpointTiny'

/** Writes what ONNX Runtime logs when the adapter has no memory left, and continues. */
const PROCESS = `
process.stderr.write('[E:onnxruntime] WebGPU device error(3): Out of memory\\n')
setInterval(() => undefined, 1000)
`

it('A process whose graphics adapter failed is ended, because its numbers would be wrong', async () => {
  const assetsFolder = await temporaryFolder({ 'engineProcess.js': Buffer.from(PROCESS) })
  const engine = spawnProcess({
    model: MINI,
    backend: 'webgpu',
    threads: 1,
    precision: 'fp32',
    assetsFolder: join(assetsFolder, '/'),
  })
  onTestFinished(() => engine.terminate())
  const reason = await new Promise<Error>((resolve) => {
    engine.onStop(resolve)
  })

  expect(reason.message.split('\n')[0]).toBe(
    'the graphics adapter failed, WebGPU device error(3): Out of memory',
  )
})
