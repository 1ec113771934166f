import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shownPanel } from './support/shownPanel'
import { openWebWorkbench, type WebWorkbench } from './support/webWorkbench'

/** The software adapter compiles every shader on the processor. */
const COMPILING_LIMIT_MS = 240_000

describe('VS Code for the web with a graphics adapter', () => {
  let workbench: WebWorkbench
  const { inspectSample, finished } = shownPanel(() => workbench)

  beforeAll(async () => {
    workbench = await openWebWorkbench({
      isolated: false,
      webGpu: true,
      defaults: { 'logitscope.backend': 'webgpu' },
    })
  })

  afterAll(() => workbench.dispose())

  it(
    'answers on WASM until WebGPU is checked, and on WebGPU then',
    { timeout: COMPILING_LIMIT_MS },
    async () => {
      await inspectSample()
      const header = workbench.panel.locator('header')
      expect(await header.innerText()).toContain(' · WASM, 1 thread')

      const status = workbench.page.locator('.statusbar-item[id="logitscope.logitscope.status"]')
      await status.getByText('mini · WebGPU').waitFor({ timeout: COMPILING_LIMIT_MS })
      await workbench.runCommand('Logitscope: Run Again')

      await header.getByText(/WebGPU, checked: max \|Δ\| \de-\d/).waitFor({ timeout: COMPILING_LIMIT_MS })
      await finished()
      await workbench.screenshot('web-webgpu')
      expect(await header.innerText()).toMatch(/85 tokens\s+9\.0 perplexity\s+3\.17 bits per token/)
    },
  )
})
