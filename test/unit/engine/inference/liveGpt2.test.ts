// The real GPT-2, if LOGITSCOPE_GPT2_DIR names its folder: without start token, greedy, fp32.
// The expected continuation is from a test of transformers (GPT2ModelLanguageGenerationTest, test_lm_generate_gpt2).

import { describe, expect, it } from 'vitest'
import type { LoadedModel } from '../../../../src/engine/inference/model'
import type { EngineApi } from '../../../../src/shared/contracts/engine/engineApi'
import { elementAt } from '../../../../src/shared/elementAt'
import { connect, freshEngine } from '../../../support/engine/engineUnderTest'
import { loadModel } from '../../../support/engine/loadModel'

const folder = process.env.LOGITSCOPE_GPT2_DIR ?? ''
if (folder === '') {
  console.warn('LOGITSCOPE_GPT2_DIR is not set: the tests on the real GPT-2 checkpoint are skipped.')
}

const CONTINUATION = [
  373, 1043, 287, 257, 2214, 1474, 262, 16246, 286, 2688, 290, 2688, 27262, 13, 198, 198, 464, 3290,
]

describe.skipIf(folder === '')('The real GPT-2', () => {
  it('continues “The dog” as transformers does', async () => {
    const engine = await realEngine()
    const tokenIds = [464, 3290]
    for (const expected of CONTINUATION) {
      const next = argmax(await engine.logits({ tokenIds: Int32Array.from(tokenIds) }))
      expect({ after: tokenIds, next }).toEqual({ after: tokenIds, next: expected })
      tokenIds.push(next)
    }
  })

  it.each([
    ['er', 0.3268],
    ['.', 0.1082],
    [',', 0.0598],
  ])('predicts %j after “Hello, I’m a language model” with probability %d', async (token, probability) => {
    const logits = await logitsAfter("Hello, I'm a language model")
    const { tokenIds } = await (await realEngine()).tokenize({ text: token })
    expect(tokenIds).toHaveLength(1)
    const actual = elementAt(softmax(logits), elementAt(tokenIds, 0))
    expect(Math.abs(actual - probability)).toBeLessThanOrEqual(1e-4)
  })

  it('gives the token after “One two three four” the known logit', async () => {
    const logits = await logitsAfter('One two three four')
    expect(argmax(logits)).toBe(1936)
    expect(Math.abs(elementAt(logits, 1936) - -69.4948)).toBeLessThanOrEqual(1e-3)
  })
})

let loading: Promise<LoadedModel> | undefined

async function realEngine(): Promise<EngineApi> {
  loading ??= loadModel({ id: 'gpt2', folder, description: 'The real GPT-2.', storage: 'user' })
  return connect(freshEngine(await loading))
}

async function logitsAfter(text: string): Promise<Float32Array> {
  const engine = await realEngine()
  const { tokenIds } = await engine.tokenize({ text })
  return engine.logits({ tokenIds })
}

function argmax(logits: Float32Array): number {
  return logits.indexOf(max(logits))
}

function max(logits: Float32Array): number {
  return logits.reduce((a, b) => Math.max(a, b))
}

function softmax(logits: Float32Array): Float64Array {
  const largest = max(logits)
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - largest))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}
