import { describe, expect, it } from 'vitest'

import {
  decodeArraysInJson,
  encodeArraysInJson,
} from '../../../../../src/features/inspect/store/arraysInJson'
import { StoredWhy } from '../../../../../src/features/inspect/store/storedWhy'
import { keepWhyAnswer } from '../../../../../src/features/inspect/session/whyAnswers'
import type { WhyAnswer } from '../../../../../src/shared/contracts/panel/why'

describe('data with arrays as bytes', () => {
  it('is the same after a round trip, for JSON of any length', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'é']) {
      const value = { text, list: [Float32Array.of(1.5, -0), { ids: Int32Array.of(7, -1) }], none: null }
      expect(decodeArraysInJson(encodeArraysInJson(value))).toEqual(value)
    }
  })

  it('takes only the part of a buffer that an array is a view of', () => {
    const view = Float32Array.of(1, 2, 3).subarray(1, 2)
    expect(decodeArraysInJson(encodeArraysInJson([view]))).toEqual([Float32Array.of(2)])
  })

  it('is rejected if bytes are missing', () => {
    const bytes = encodeArraysInJson([Float32Array.of(1, 2, 3)])
    expect(() => decodeArraysInJson(bytes.subarray(0, -4))).toThrow(RangeError)
  })
})

describe('the answers of a run', () => {
  it('have one about each subject, the newest last', () => {
    const answers = [answerAbout(1), answerAbout(2)]
    const newer = { ...answerAbout(1), layers: [Float32Array.of(1)] }
    expect(keepWhyAnswer(answers, newer)).toEqual([answers[1], newer])
  })

  it('drop the oldest ones beyond 8 MB, but never the newest', () => {
    const large = (position: number) => answerAbout(position, 1_000_000)
    const kept = [1, 2, 3].reduce<readonly WhyAnswer[]>((all, i) => keepWhyAnswer(all, large(i)), [])
    expect(kept.map(({ subject }) => subject.position)).toEqual([3])
    expect(keepWhyAnswer([], answerAbout(4, 3_000_000))).toHaveLength(1)
  })
})

describe('the stored answers', () => {
  it('are the same after a reload', async () => {
    const folder = new Folder()
    const answers = [answerAbout(1), answerAbout(2)]
    const stored = new StoredWhy()
    await stored.write(answers, folder.write)

    const read = await new StoredWhy().read(stored.filesOf(answers), folder.read)

    expect(read).toEqual(answers)
  })

  it('are written only when they have changed', async () => {
    const folder = new Folder()
    const stored = new StoredWhy()
    await stored.write([answerAbout(1), answerAbout(2)], folder.write)
    const [one, two] = await new StoredWhy().read([0, 1], folder.read)
    if (one === undefined || two === undefined) throw new Error('both are stored')
    await stored.write([one, two], folder.write)
    folder.written.length = 0

    await stored.write([one, { ...two, context: [] }], folder.write)

    expect(folder.written).toEqual(['why-1'])
  })

  it('use the file of an answer that was dropped', async () => {
    const folder = new Folder()
    const stored = new StoredWhy()
    const kept = answerAbout(2)
    await stored.write([answerAbout(1), kept], folder.write)

    const now = [kept, answerAbout(3)]
    await stored.write(now, folder.write)

    expect(stored.filesOf(now)).toEqual([1, 0])
    expect([...folder.files.keys()]).toEqual(['why-0', 'why-1'])
  })

  it('omit an answer whose file is incomplete', async () => {
    const folder = new Folder()
    const stored = new StoredWhy()
    await stored.write([answerAbout(1), answerAbout(2)], folder.write)
    await folder.write('why-0', (await folder.read('why-0')).subarray(0, 40))

    expect(await new StoredWhy().read([0, 1], folder.read)).toEqual([answerAbout(2)])
  })
})

/** Files in memory. */
class Folder {
  readonly files = new Map<string, Uint8Array>()
  readonly written: string[] = []

  readonly write = (name: string, content: Uint8Array): Promise<void> => {
    this.files.set(name, content)
    this.written.push(name)
    return Promise.resolve()
  }

  readonly read = (name: string): Promise<Uint8Array> => {
    const content = this.files.get(name)
    return content === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(content)
  }
}

function answerAbout(position: number, sources = 3): WhyAnswer {
  return {
    subject: {
      inspectionId: 'a',
      section: 0,
      position,
      side: 'shown',
      tokenId: 5,
      contrast: { kind: 'token', tokenId: 6 },
    },
    window: { inputIds: Int32Array.of(50256, 1, 2), rowOffset: -1 },
    attribution: {
      total: 1,
      wte: 0.5,
      wpe: 0.25,
      lnF: 0,
      attention: Float32Array.of(0.25),
      attentionBias: Float32Array.of(0),
      sources: new Float32Array(sources).fill(0.125),
      mlp: Float32Array.of(0),
    },
    layers: null,
    context: [[{ tokens: 1, logProb: -2 }], []],
    knockout: { rows: [1], logProbs: [-1, -2], top: { tokenId: 6, logProb: -0.5 } },
  }
}
