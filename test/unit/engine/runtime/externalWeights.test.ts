import { describe, expect, it } from 'vitest'
import { ExternalWeights } from '../../../../src/engine/runtime/externalWeights'
import { OrtSession } from '../../../../src/engine/runtime/ortSession'
import { WASM_RUNTIME } from '../../../../src/engine/runtime/wasm/wasmRuntime'
import type { Checkpoint } from '../../../../src/model/gpt2/checkpoint'
import type { ModelGraph } from '../../../../src/model/graphs/gpt2GraphBuilder'
import { transformerGraph, vocabularyGraph } from '../../../../src/model/graphs/gpt2Graphs'
import { withModelFolder } from '../../../../src/model/folder/modelFolder'
import { elementAt } from '../../../../src/shared/elementAt'
import { InferenceError } from '../../../../src/shared/errors'
import { MINI } from '../../../support/engine/engineUnderTest'

describe('External weights', () => {
  it('are read on demand and have the file’s bytes', () =>
    withModelFolder(MINI.folder, async (checkpoint) => {
      const { checkpoint: watched, reads } = withWatchedReads(checkpoint)
      const { path, data } = elementAt(new ExternalWeights(watched, ['wpe.weight']).list, 0)
      expect({ path, length: data.byteLength, reads: [...reads] }).toEqual({
        path: 'wpe.weight',
        length: checkpoint.weight('wpe.weight').byteLength,
        reads: [],
      })
      expect(Buffer.compare(data.subarray(0, data.byteLength), await checkpoint.read('wpe.weight'))).toBe(0)
      expect(reads).toEqual(['wpe.weight'])
    }))

  it('free their memory when they are released', () =>
    withModelFolder(MINI.folder, (checkpoint) => {
      const weights = new ExternalWeights(checkpoint, ['wpe.weight'])
      const bytes = elementAt(weights.list, 0).data.subarray(0)
      expect(bytes.buffer.byteLength).toBe(checkpoint.weight('wpe.weight').byteLength)
      weights.release()
      expect(bytes.buffer.byteLength).toBe(0)
      return Promise.resolve()
    }))

  it.each([
    ['the blocks', transformerGraph],
    ['the vocabulary', wholeVocabulary],
  ])('are read once by ONNX Runtime for the session of %s', (_, graphOf) =>
    withModelFolder(MINI.folder, async (checkpoint) => {
      const { checkpoint: watched, reads } = withWatchedReads(checkpoint)
      const graph = graphOf(checkpoint)
      await OrtSession.create(graph, watched, WASM_RUNTIME)
      expect(reads.toSorted()).toEqual(graph.weights.toSorted())
    }),
  )

  it('that cannot be read are the cause of the session’s error', () =>
    withModelFolder(MINI.folder, async (checkpoint) => {
      const cause = new Error('the disk is gone')
      const broken: Checkpoint = {
        ...checkpoint,
        readNow: () => {
          throw cause
        },
      }
      const creating = OrtSession.create(wholeVocabulary(checkpoint), broken, WASM_RUNTIME)
      await expect(creating).rejects.toThrow(InferenceError)
      await expect(creating).rejects.toMatchObject({ cause })
    }))
})

function wholeVocabulary(checkpoint: Checkpoint): ModelGraph {
  return vocabularyGraph(checkpoint, Infinity)
}

/** The same checkpoint; `reads` records the names that were read. */
function withWatchedReads(checkpoint: Checkpoint): { checkpoint: Checkpoint; reads: string[] } {
  const reads: string[] = []
  const readNow = (name: string, target: Uint8Array) => {
    reads.push(name)
    checkpoint.readNow(name, target)
  }
  return { checkpoint: { ...checkpoint, readNow }, reads }
}
