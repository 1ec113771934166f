import { describe, expect, it } from 'vitest'
import { ArrayFileError } from '../../../../src/files/source/errors'
import { fileInMemory } from '../../../../src/files/source/fileSource'
import { openHidden } from '../../../../src/files/logits/hiddenStates'
import { openLogits } from '../../../../src/files/logits/openLogits'
import { float32Bytes } from '../../../support/checkpoints/checkpointBytes'
import { npyBytes, zipBytes } from '../../../support/files/arrayWriters'
import { logitsRow, V } from '../../../support/files/savedLogits'

const state = (first: number, shape = [2, 3]) =>
  npyBytes({
    shape,
    data: float32Bytes(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => first + i)),
  })
const open = (arrays: Record<string, Uint8Array>) =>
  openHidden(fileInMemory('hidden.npz', zipBytes(arrays, { method: 'deflated' })))

describe('Saved hidden states', () => {
  it('give the rows of every sub-block', async () => {
    const hidden = await open({
      'h.0.attn.npy': state(10),
      'h.0.mlp.npy': state(20, [1, 2, 3]),
      'h.0.npy': state(30),
      'h.11.npy': state(40),
    })

    expect({ rows: hidden.rows, width: hidden.width, layers: hidden.layers }).toEqual({
      rows: 2,
      width: 3,
      layers: 12,
    })
    expect(await hidden.readRow(0, 'attn', 0)).toEqual(Float32Array.of(10, 11, 12))
    expect(await hidden.readRow(0, 'mlp', 1)).toEqual(Float32Array.of(23, 24, 25))
    expect(await hidden.readRow(0, 'residual', 1)).toEqual(Float32Array.of(33, 34, 35))
    expect(await hidden.readRow(11, 'residual', 0)).toEqual(Float32Array.of(40, 41, 42))
  })

  it('say which there are', async () => {
    const hidden = await open({ 'h.1.mlp.npy': state(0) })

    expect([hidden.has(1, 'mlp'), hidden.has(1, 'attn'), hidden.has(0, 'mlp')]).toEqual([true, false, false])
    await expect(hidden.readRow(0, 'mlp', 0)).rejects.toBeInstanceOf(RangeError)
  })

  it('may be of one position', async () => {
    const hidden = await open({ 'h.0.npy': state(7, [1, 1, 3]) })

    expect([hidden.rows, hidden.width]).toEqual([1, 3])
    expect(await hidden.readRow(0, 'residual', 0)).toEqual(Float32Array.of(7, 8, 9))
  })

  it.each<[number[], string[]]>([
    [[2, 3], []],
    [[1, 2, 3], ['h.0 in hidden.npz has the shape [1, 2, 3] and was read as 2 rows.']],
    [[2, 1, 3], ['h.0 in hidden.npz has the shape [2, 1, 3] and was read as 2 rows.']],
  ])('have a remark if they have one more axis: %j', async (shape, remarks) => {
    const hidden = await open({ 'h.0.npy': state(0, shape), 'h.1.npy': state(0, shape) })

    expect([hidden.rows, hidden.remarks]).toEqual([2, remarks])
  })

  it('may be in the file of the logits', async () => {
    const logits = npyBytes({ shape: [1, V], data: float32Bytes(logitsRow(1)) })

    const file = await openLogits(
      fileInMemory('a.npz', zipBytes({ 'logits.npy': logits, 'h.0.npy': state(0, [1, 3]) })),
    )

    expect(file.hidden?.has(0, 'residual')).toBe(true)
  })

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'without a state',
      { 'logits.npy': state(0) },
      /no hidden states. Name the arrays of block 0 h.0.attn, h.0.mlp and h.0/,
    ],
    [
      'of different lengths',
      { 'h.0.npy': state(0), 'h.1.npy': state(0, [4, 3]) },
      /h.0 has the shape \[2, 3\], and h.1 \[4, 3\]/,
    ],
    ['of several texts', { 'h.0.npy': state(0, [2, 2, 3]) }, /instead of \[positions, n_embd\]/],
    ['with four axes', { 'h.0.npy': state(0, [1, 1, 2, 3]) }, /\[1, 1, 2, 3\], which has 4 axes/],
    [
      'of integers',
      { 'h.0.npy': npyBytes({ descr: '<i4', shape: [1], data: new Uint8Array(4) }) },
      /not an array of floats/,
    ],
  ])('are refused %s', async (_, arrays, message) => {
    const opened = open(arrays)

    await expect(opened).rejects.toThrow(message)
    await expect(opened).rejects.toBeInstanceOf(ArrayFileError)
  })
})
