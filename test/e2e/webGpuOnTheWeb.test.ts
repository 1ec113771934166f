import { describe, expect, it } from 'vitest'
import { HEADER_FIGURES } from '../support/reference/sampleNumbers'
import { panelOf } from './support/panel'
import { useWebWorkbench } from './support/webWorkbench'

/** The software adapter compiles every shader on the processor. */
const COMPILING_LIMIT_MS = 240_000

describe('VS Code for the web with a graphics adapter', () => {
  const workbench = useWebWorkbench({
    isolated: false,
    webGpu: true,
    defaults: { 'logitscope.backend': 'webgpu' },
  })
  const { inspectSample, finished, headerText } = panelOf(workbench)

  it(
    'uses WebGPU once it has passed the self-test against WASM',
    { timeout: 2 * COMPILING_LIMIT_MS },
    async () => {
      // The first inspection starts the self-test. WASM answers it, unless the self-test is faster.
      await inspectSample()
      await workbench().statusItem.getByText('mini · WebGPU').waitFor({ timeout: COMPILING_LIMIT_MS })

      await workbench().runCommand('Logitscope: Run Again')

      await workbench()
        .panel.locator('header .popover', { hasText: /WebGPU, self-test: max \|Δ\| \de-\d/ })
        .waitFor({ state: 'attached', timeout: COMPILING_LIMIT_MS })
      await finished()
      await workbench().screenshot('web-webgpu')
      await expect.poll(headerText).toContain(HEADER_FIGURES)
    },
  )
})
