import { describe, expect, it } from 'vitest'
import type { EngineState } from '../../../../src/shared/contracts/engine/engineApi'
import { spokenStatus, statusText } from '../../../../src/features/status/statusText'
import { MINI } from '../../../support/texts/samples'

const STARTING: EngineState = { kind: 'starting' }
const READY: EngineState = { kind: 'ready', model: MINI }
const FAILED: EngineState = { kind: 'failed', message: 'The model folder lacks config.json.' }

describe('the status item', () => {
  it.each<[EngineState, string]>([
    [{ kind: 'stopped' }, '$(graph) mini'],
    [STARTING, '$(loading~spin) mini: starting'],
    [READY, '$(graph) mini · WASM'],
    [{ kind: 'ready', model: { ...MINI, backend: 'webgpu' } }, '$(graph) mini · WebGPU'],
    [FAILED, '$(error) mini: failed'],
  ])('shows model, backend and state: %j', (state, text) => {
    expect(statusText(state, 'mini')).toBe(text)
  })

  it('shows the name of a model’s folder without icons', () => {
    expect(statusText({ kind: 'stopped' }, '$(error)\n')).toBe('$(graph) $ (error)')
  })

  it.each<[EngineState, string]>([
    [{ kind: 'stopped' }, 'Logitscope: model mini, not started yet. Opens a menu.'],
    [STARTING, 'Logitscope: model mini, starting. Opens a menu.'],
    [READY, 'Logitscope: model mini on WASM, 1 thread, ready. Opens a menu.'],
    [
      { kind: 'ready', model: { ...MINI, backend: 'webgpu' } },
      'Logitscope: model mini on WebGPU, ready. Opens a menu.',
    ],
    [FAILED, 'Logitscope: model mini, failed. The model folder lacks config.json. Opens a menu.'],
  ])('describes model, backend and state to a screen reader: %j', (state, spoken) => {
    expect(spokenStatus(state, 'mini')).toBe(spoken)
  })
})
