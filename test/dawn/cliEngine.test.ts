// The engine of a command on the native library's WebGPU.

import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createCliEngine } from '../../src/cli/engine/engine'
import type { Precision } from '../../src/shared/contracts/engine/prediction'
import { WebGpuUnavailableError } from '../../src/shared/errors'
import { MINI } from '../support/engine/engineUnderTest'
import { NATIVE_LIBRARY } from '../support/engine/loadModel'
import { hasSoftwareAdapter, selectSoftwareDriver } from './softwareDriver'

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url))

describe.skipIf(!hasSoftwareAdapter || !existsSync(NATIVE_LIBRARY))('A command with --backend webgpu', () => {
  beforeEach(selectSoftwareDriver)

  it('runs on the graphics adapter, and stores the self-test', async () => {
    const cache = await temporaryCache()
    const engine = await create(cache, 'fp32')
    onTestFinished(() => engine.dispose())

    expect(await engine.api.model(undefined)).toMatchObject({ backend: 'webgpu', gpuProcess: 'native' })
    expect(await readFile(join(cache, 'logitscope', 'backend-checks.json'), 'utf8')).toContain('llvmpipe')
  })

  it('is refused without an adapter', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nonexistent')
    onTestFinished(() => void vi.unstubAllEnvs())

    await expect(create(await temporaryCache(), 'fp32')).rejects.toThrow(WebGpuUnavailableError)
  })

  it('is refused in int8', async () => {
    await expect(create(await temporaryCache(), 'int8')).rejects.toThrow(
      'int8 does not run on webgpu. Use --precision fp32.',
    )
  })
})

function create(cache: string, precision: Precision) {
  return createCliEngine(
    { choice: 'webgpu', model: MINI, embedded: MINI, precision, threads: 1, assetsFolder: DIST },
    { LOGITSCOPE_NATIVE: NATIVE_LIBRARY, XDG_CACHE_HOME: cache },
  )
}

async function temporaryCache(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logitscope-cache-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
