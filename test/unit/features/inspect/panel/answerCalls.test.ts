import { describe, expect, it, vi } from 'vitest'

import type { Log } from '../../../../../src/editor/log'
import {
  answerCalls,
  PageCalls,
  type PanelAnswers,
} from '../../../../../src/features/inspect/panel/answerCalls'
import type { LensRow } from '../../../../../src/shared/contracts/engine/explanation'
import type { Inspection } from '../../../../../src/shared/contracts/panel/inspection'
import { decodeLensRows } from '../../../../../src/shared/contracts/panel/lensRows'
import type {
  LensQuestion,
  PanelCalls,
  RowAddress,
  WhyQuestion,
  WhyUpdate,
} from '../../../../../src/shared/contracts/panel/panelCalls'
import { parsePanelMessage } from '../../../../../src/shared/contracts/panel/parsePanelMessage'
import type { WhyAnswer, WhyPart } from '../../../../../src/shared/contracts/panel/why'
import {
  CancelledError,
  InferenceError,
  ModelFilesError,
  OutOfMemoryError,
  PanelCallError,
} from '../../../../../src/shared/errors'
import { RpcClient, type RpcMessage } from '../../../../../src/shared/rpc'
import { channelPair } from '../../../../support/engine/engineChannel'

/** `logError` needs only the log, which is a fake. */
vi.mock('vscode', () => ({}))

const address: RowAddress = { inspectionId: 'a', section: 0, position: 3 }
const lensQuestion: LensQuestion = { inspectionId: 'a', side: 'shown', section: 0, from: 3, end: 6 }
const whyQuestion: WhyQuestion = {
  subject: { ...address, side: 'shown', tokenId: 5, contrast: { kind: 'mean' } },
  knockedOut: [],
}

/** Two layers with one listed token each. */
const row: LensRow = {
  logitsRow: 7,
  logProb: Float32Array.of(-2, -1),
  rank: Int32Array.of(4, 1),
  entropy: Float32Array.of(3, 2),
  kl: Float32Array.of(1, 0),
  topIds: Int32Array.of(11, 12),
  topLogProbs: Float32Array.of(-0.5, -1),
}
const whyAnswer: WhyAnswer = {
  subject: whyQuestion.subject,
  window: { inputIds: Int32Array.of(50256, 1), rowOffset: 1 },
  attribution: null,
  layers: null,
  context: null,
  knockout: null,
}
const whyPart: WhyPart = { kind: 'layers', layers: [Float32Array.of(-3, -1)] }

/** Of an inspection that ran out of memory after no token. */
const inspection = {
  model: { name: 'gpt2', precision: 'fp32' },
  sections: [{ tokens: [{}, {}], predictions: [] }],
} as unknown as Inspection

/** A page and the host's end of its channel, which checks each message. */
function connect(answers: Partial<PanelAnswers>) {
  const [pagesEnd, hostsEnd] = channelPair()
  const logged: string[] = []
  const log = { error: (text: string) => logged.push(text) } as unknown as Log
  const unexpected = () => Promise.reject(new Error('not expected in this test'))
  const handlers = answerCalls(
    { logits: unexpected, lens: unexpected, why: unexpected, firstToken: unexpected, ...answers },
    { log, inspection: () => inspection },
  )
  const calls = new PageCalls(handlers, (message) => {
    hostsEnd.send(message)
  })
  hostsEnd.onMessage((message) => {
    const parsed = parsePanelMessage({ type: 'rpc', message })
    if (parsed?.type === 'rpc') calls.receive(parsed.message)
  })
  calls.start()
  return { page: new RpcClient<PanelCalls>(pagesEnd), pagesEnd, calls, logged }
}

/** Waits until `signal` aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}

describe('A question of the page', () => {
  it('is answered with a row of logits', async () => {
    const asked: RowAddress[] = []
    const { page } = connect({
      logits: (of) => {
        asked.push(of)
        return Promise.resolve(Float32Array.of(1, 2))
      },
    })
    expect(await page.call('logits', address)).toEqual(Float32Array.of(1, 2))
    expect(asked).toEqual([address])
  })

  it('is answered with rows of the lens as they are computed', async () => {
    const { page } = connect({
      lens: ({ from }, { onRows }) => {
        onRows(from, [row])
        onRows(from + 1, [row, row])
        return Promise.resolve()
      },
    })
    const rows: [number, unknown][] = []
    await page.call('lens', lensQuestion, {
      onProgress: ({ position, rows: bytes }) => rows.push([position, decodeLensRows(bytes)]),
    })
    expect(rows).toEqual([
      [3, [row]],
      [4, [row, row]],
    ])
  })

  it('is answered with the known parts of why a token was predicted, then with each further part', async () => {
    const { page } = connect({
      why: (_, { onAnswer, onPart }) => {
        onAnswer(whyAnswer)
        onPart(whyPart)
        return Promise.resolve()
      },
    })
    const updates: WhyUpdate[] = []
    await page.call('why', whyQuestion, { onProgress: (update) => updates.push(update) })
    expect(updates).toEqual([
      { kind: 'answer', answer: whyAnswer },
      { kind: 'part', part: whyPart },
    ])
  })

  it.each([5, null])('is answered with the first token %s of a text', async (tokenId) => {
    const { page } = connect({ firstToken: () => Promise.resolve(tokenId) })
    expect(await page.call('firstToken', { text: ' cat' })).toBe(tokenId)
  })

  it('is not answered if it is malformed', async () => {
    const asked: string[] = []
    const { page } = connect({
      logits: () => {
        asked.push('logits')
        return Promise.resolve(new Float32Array())
      },
      firstToken: (text) => {
        asked.push(text)
        return Promise.resolve(1)
      },
    })
    void page.call('logits', { ...address, position: -1 })
    await page.call('firstToken', { text: 'later' })
    expect(asked).toEqual(['later'])
  })
})

describe('A call that fails', () => {
  it.each<[keyof PanelCalls, PanelCalls[keyof PanelCalls]['request']]>([
    ['logits', address],
    ['lens', lensQuestion],
    ['why', whyQuestion],
  ])('sends the message and the remedies of %s, and logs the error', async (method, request) => {
    const { page, logged } = connect({
      [method]: () => Promise.reject(new ModelFilesError('The model’s files are gone.')),
    })
    const error: unknown = await page.call(method, request as never).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(PanelCallError)
    expect(error).toMatchObject({ message: 'The model’s files are gone.', remedies: ['selectModel'] })
    expect(logged).toEqual([expect.stringMatching(/failed: .*The model’s files are gone\./)])
  })

  it('says how many tokens are shown if the lens runs out of memory', async () => {
    const { page } = connect({ lens: () => Promise.reject(new OutOfMemoryError('out of memory')) })
    await expect(page.call('lens', lensQuestion)).rejects.toMatchObject({
      message: expect.stringContaining('0 of 2 tokens are shown') as string,
      remedies: ['useInt8', 'selectModel'],
    })
  })

  it('sends a message for the page as it is, and does not log it', async () => {
    const { page, logged } = connect({
      lens: () => Promise.reject(new PanelCallError('A newer run has replaced this one.')),
    })
    await expect(page.call('lens', lensQuestion)).rejects.toMatchObject({
      name: 'PanelCallError',
      message: 'A newer run has replaced this one.',
      remedies: [],
    })
    expect(logged).toEqual([])
  })

  it('has no first token if tokenizing failed', async () => {
    const { page, logged } = connect({ firstToken: () => Promise.reject(new InferenceError('crashed')) })
    expect(await page.call('firstToken', { text: ' cat' })).toBeNull()
    expect(logged).toHaveLength(1)
  })

  it.each<[keyof PanelCalls, PanelCalls[keyof PanelCalls]['request']]>([
    ['logits', address],
    ['lens', lensQuestion],
    ['why', whyQuestion],
    ['firstToken', { text: ' cat' }],
  ])('is only cancelled if the host cancels %s, and is not logged', async (method, request) => {
    const { page, logged } = connect({ [method]: () => Promise.reject(new CancelledError()) })
    await expect(page.call(method, request as never)).rejects.toThrow(CancelledError)
    expect(logged).toEqual([])
  })
})

describe('A call in progress', () => {
  it('is cancelled by the page', async () => {
    const cancelled: unknown[] = []
    const cancel = new AbortController()
    const { page, logged } = connect({
      lens: (_, { signal, onRows }) => {
        onRows(3, [row])
        return untilAborted(signal).catch((reason: unknown) => {
          cancelled.push(reason)
          throw new Error('the engine was cancelled')
        })
      },
      firstToken: () => Promise.resolve(1),
    })
    const call = page.call('lens', lensQuestion, {
      signal: cancel.signal,
      onProgress: () => {
        cancel.abort()
      },
    })
    await expect(call).rejects.toThrow(CancelledError)
    await page.call('firstToken', { text: 'later' })
    expect(cancelled).toEqual([expect.any(CancelledError)])
    expect(logged).toEqual([])
  })

  it('is cancelled by a newer call of its method, and reports no more progress', async () => {
    const reported: number[] = []
    let calls = 0
    const { page } = connect({
      lens: async (_, { signal, onRows }) => {
        if (++calls === 2) return
        await untilAborted(signal).catch(() => undefined)
        onRows(3, [row])
        throw signal.reason
      },
    })
    const older = page.call('lens', lensQuestion, { onProgress: ({ position }) => reported.push(position) })
    const newer = page.call('lens', { ...lensQuestion, from: 4 })
    await expect(older).rejects.toThrow(CancelledError)
    await newer
    expect(reported).toEqual([])
  })

  it('continues when another method is called', async () => {
    let finish = (): void => undefined
    const { page } = connect({
      why: (_, { signal }) =>
        new Promise((resolve, reject) => {
          finish = resolve
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error)
          })
        }),
      firstToken: () => Promise.resolve(1),
    })
    const why = page.call('why', whyQuestion)
    await page.call('firstToken', { text: 'meanwhile' })
    finish()
    await expect(why).resolves.toBeUndefined()
  })
})

describe('A page that has just loaded', () => {
  it('gets no answers to the calls of the page before it, which are cancelled', async () => {
    const received: RpcMessage[] = []
    const signals: AbortSignal[] = []
    const { page, pagesEnd, calls } = connect({
      why: (_, { signal }) => {
        signals.push(signal)
        return untilAborted(signal)
      },
      firstToken: () => Promise.resolve(1),
    })
    void page.call('why', whyQuestion)
    await page.call('firstToken', { text: 'of the page before' })
    calls.start()
    pagesEnd.onMessage((message) => received.push(message))

    const second = new RpcClient<PanelCalls>(pagesEnd)
    expect(await second.call('firstToken', { text: 'of the new page' })).toBe(1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(received).toEqual([{ type: 'result', id: 0, value: 1 }])
  })

  it('is the last one when the panel is closed: its calls are cancelled', async () => {
    const signals: AbortSignal[] = []
    const { page, calls } = connect({
      why: (_, { signal }) => {
        signals.push(signal)
        return untilAborted(signal)
      },
      firstToken: () => Promise.resolve(1),
    })
    void page.call('why', whyQuestion)
    await page.call('firstToken', { text: 'meanwhile' })
    calls.end()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
  })
})
