import { afterEach, describe, expect, it, vi } from 'vitest'
import { PredictionService, type SequenceRequest } from '../../../src/prediction/windows/predictionService'
import type { ModelInfo } from '../../../src/shared/contracts/engine/prediction'
import { connect } from '../../support/engine/engineUnderTest'
import { hashEngine } from '../../support/fakes/hashEngine'
import { MINI } from '../../support/texts/samples'

it('a prediction runs on one backend, even if the engine changes to another one meanwhile', async () => {
  let current: ModelInfo = MINI
  const backends: unknown[] = []
  const engine = hashEngine()
  const changing = new PredictionService(
    connect({
      ...engine,
      model: () => Promise.resolve(current),
      score: (request, options) => {
        backends.push(request.backend)
        current = { ...MINI, backend: 'webgpu' }
        return engine.score(request, options)
      },
    }),
  )

  await changing.predict(requestOf(MINI.nPositions + 1))

  expect(backends).toEqual(['wasm', 'wasm'])
})

describe('PredictionService.estimateSeconds', () => {
  const WASM = { ...MINI, parameters: 16e9, threads: 1 }
  const request = requestOf(400)

  afterEach(() => {
    vi.useRealTimers()
  })

  it('expects a second per 16 billion parameters and position, without loading the model', () => {
    const neverLoaded = { ...hashEngine(), model: () => Promise.reject(new Error('loaded')) }
    const measured = new PredictionService(connect(neverLoaded))

    expect(measured.estimateSeconds(request, WASM)).toBe(400)
  })

  it('counts the positions of several windows as often as they are computed', () => {
    const measured = new PredictionService(connect(hashEngine()))
    const { nPositions } = WASM

    const seconds = measured.estimateSeconds({ ...request, to: nPositions }, WASM)

    // The last token of the first window is only predicted there; the second window begins half a window later.
    expect(seconds).toBe(nPositions - 2 + nPositions / 2)
  })

  it.each([
    ['backend', { backend: 'webgpu' }],
    ['model', { id: 'another', fingerprint: 'files 2' }],
    ['precision', { precision: 'int8' }],
  ] as const)('keeps the measured speed after a change of the %s and back', async (_, change) => {
    vi.useFakeTimers({ toFake: ['performance'] })
    let current: ModelInfo = WASM
    let secondsPerPosition = 0.5
    const engine = hashEngine(WASM)
    const measured = new PredictionService(
      connect({
        ...engine,
        model: () => Promise.resolve(current),
        score: async (...call) => {
          const summary = await engine.score(...call)
          vi.advanceTimersByTime(1000 * secondsPerPosition * summary.computedPositions)
          return summary
        },
      }),
    )
    await measured.predict(request)
    current = { ...WASM, ...change }
    secondsPerPosition = 0.25
    await measured.model()
    expect(measured.estimateSeconds(request, current)).toBe(400)
    await measured.predict(request)

    expect(measured.estimateSeconds(request, current)).toBeCloseTo(100)
    current = WASM
    await measured.model()
    expect(measured.estimateSeconds(request, current)).toBeCloseTo(200)
  })

  it('does not take the time of a short run, most of which is the start, as the speed', async () => {
    const measured = new PredictionService(connect(hashEngine(WASM)))

    await measured.predict(requestOf(85))

    expect(measured.estimateSeconds(request, WASM)).toBe(400)
  })

  it('knows the speed of the backend that continued after another one had failed', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const webGpu: ModelInfo = { ...WASM, backend: 'webgpu' }
    const backends: unknown[] = []
    const engine = hashEngine(webGpu)
    const measured = new PredictionService(
      connect({
        ...engine,
        score: async (call, options) => {
          if (backends.push(call.backend) === 1) options.onProgress({ kind: 'continued', model: WASM })
          const summary = await engine.score(call, options)
          // The first window has the time of both backends.
          vi.advanceTimersByTime(1000 * (backends.length === 1 ? 9 : 0.5) * summary.computedPositions)
          return summary
        },
      }),
    )
    const continued: string[] = []

    await measured.predict(requestOf(WASM.nPositions + 1), {
      onContinued: ({ backend }) => continued.push(backend),
    })

    expect({ backends, continued }).toEqual({ backends: ['webgpu', 'wasm'], continued: ['wasm'] })
    expect(measured.estimateSeconds(request, WASM)).toBeCloseTo(200)
  })

  it('does not count the time of a request that names WASM as the speed of WebGPU', async () => {
    const measured = new PredictionService(connect(hashEngine({ ...WASM, backend: 'webgpu' })))

    await measured.predict({ ...request, model: WASM })

    expect(measured.estimateSeconds(request, WASM)).toBe(400)
  })
})

function requestOf(tokens: number): SequenceRequest {
  return {
    tokenIds: new Int32Array(tokens),
    from: 0,
    to: tokens,
    startToken: true,
    topK: 1,
    temperature: 1,
  }
}
