// The router over the built engine: WASM in a thread, and the native library's WebGPU and CPU in processes. WebGPU is Mesa's
// software adapter.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { BackendRouter } from '../../src/engine/client/router/backendRouter'
import { findNativeGpu } from '../../src/engine/client/webgpu/findNativeGpu'
import { type EngineProcess, spawnProcess } from '../../src/engine/client/spawn/spawnProcess'
import { spawnWorker } from '../../src/engine/client/spawn/spawnWorker'
import { nativeAccelerator } from '../../src/engine/client/native/startNative'
import { webGpuAccelerator } from '../../src/engine/client/webgpu/startWebGpu'
import type { EngineOptions } from '../../src/engine/contract/engineOptions'
import type { BackendSelfTest } from '../../src/shared/contracts/engine/backendSelfTest'
import { acceleratorsOf, type BackendChoice } from '../../src/shared/contracts/engine/backends'
import { WebGpuUnavailableError } from '../../src/shared/errors'
import { MINI } from '../support/engine/engineUnderTest'
import { NATIVE_LIBRARY } from '../support/engine/loadModel'
import { scoreWindow } from '../support/engine/scoreWindow'
import { hasSoftwareAdapter, selectSoftwareDriver, WITHOUT_ADAPTER } from './softwareDriver'

const isRunnable = hasSoftwareAdapter && existsSync(NATIVE_LIBRARY)
if (!isRunnable) console.warn(WITHOUT_ADAPTER)

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))
const OPTIONS: Omit<EngineOptions, 'backend'> = {
  model: MINI,
  threads: 1,
  precision: 'fp32',
  assetsFolder: DIST,
}
/** An earlier self-test of the CPU. */
const PASSED: BackendSelfTest = {
  device: 'this CPU',
  maxDelta: 0,
  meanDelta: 0,
  milliseconds: { wasm: 2, accelerated: 1 },
}
const FIND = { assetsFolder: DIST, nativeLibrary: NATIVE_LIBRARY, isSoftwareWanted: true }

describe.skipIf(!isRunnable)('The GPU in the native process', () => {
  beforeEach(selectSoftwareDriver)
  afterEach(() => vi.unstubAllEnvs())

  it('is found with its name, and known as software', async () => {
    expect(await findNativeGpu(FIND)).toMatchObject({
      name: expect.stringContaining('llvmpipe') as string,
      isSoftware: true,
      implementation: expect.stringMatching(/^ONNX Runtime [\d.]+, .*libvulkan_lvp/) as string,
    })
  })

  it('is not found without a driver', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nonexistent')
    const finding = findNativeGpu(FIND)

    await expect(finding).rejects.toThrow(WebGpuUnavailableError)
    await expect(finding).rejects.toThrow('ONNX Runtime finds no graphics adapter that it can use.')
  })

  it('is used with the choice webgpu after the self-test, and replaced by WASM when its process is killed', async () => {
    const { router, processes, failures } = started('webgpu')
    expect(await router.retry()).toEqual({ used: 'webgpu', unused: [] })
    expect(await router.api.model(undefined)).toMatchObject({
      backend: 'webgpu',
      gpuProcess: 'native',
      selfTest: { device: expect.stringContaining('llvmpipe') as string },
    })
    const rows: number[] = []
    const continued: string[] = []
    await router.api.score(
      { ...scoreWindow(0), backend: 'webgpu' },
      {
        onProgress: (progress) => {
          if (progress.kind === 'continued') continued.push(progress.model.backend)
          if (progress.kind !== 'rows') return
          if (rows.length === 0) process.kill(processes.at(-1)?.pid ?? 0, 'SIGKILL')
          rows.push(progress.rows.firstRow)
        },
      },
    )

    expect(continued).toEqual(['wasm'])
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b))
    expect(failures).toEqual(['The engine on the GPU has ended: its process was ended by SIGKILL.'])
  })

  it('leaves the work to the CPU with the choice auto, and says why', async () => {
    const { router } = started('auto')
    const outcome = await router.retry()

    expect(outcome?.used).toBe('native')
    expect(outcome?.unused).toEqual([
      { backend: 'webgpu', reason: expect.stringMatching(/^llvmpipe .* is a software adapter\./) as string },
    ])
  })

  it('leaves the work to the CPU if there is no adapter, and says why', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nonexistent')
    const { router } = started('auto')

    expect(await router.retry()).toEqual({
      used: 'native',
      unused: [
        {
          backend: 'webgpu',
          reason: 'ONNX Runtime finds no graphics adapter that it can use. Update the graphics driver.',
        },
      ],
    })
  })
})

function started(choice: BackendChoice) {
  const processes: EngineProcess[] = []
  const failures: string[] = []
  const spawn = (backend: 'webgpu' | 'native') => {
    const engine = spawnProcess({ ...OPTIONS, backend, nativeLibrary: NATIVE_LIBRARY })
    processes.push(engine)
    return engine
  }
  const spawnWasm = () => spawnWorker({ ...OPTIONS, backend: 'wasm' })
  const common = {
    choice: () => choice,
    selected: () => ({ model: 'mini', precision: 'fp32' }) as const,
    spawnWasm,
    log: () => undefined,
  }
  const router = new BackendRouter({
    spawnWasm,
    accelerators: [
      webGpuAccelerator({
        ...common,
        selfTests: { get: () => undefined, set: () => undefined },
        place: () => ({
          kind: 'process',
          adapter: () => findNativeGpu(FIND),
          spawnWebGpu: () => spawn('webgpu'),
        }),
      }),
      nativeAccelerator({
        ...common,
        selfTests: { get: () => PASSED, set: () => undefined },
        library: () => ({ kind: 'found', path: NATIVE_LIBRARY }),
        device: () => 'this CPU',
        isSelfTestAwaited: false,
        spawnNative: () => spawn('native'),
      }),
    ],
    selected: () => acceleratorsOf(choice),
    onState: () => undefined,
    onFailure: ({ reason }) => failures.push(reason.message),
  })
  onTestFinished(() => router.dispose())
  return { router, processes, failures }
}
