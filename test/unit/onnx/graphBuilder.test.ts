import * as ort from 'onnxruntime-web'
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../src/onnx/graphBuilder'
// Configures ONNX Runtime, which runs every graph in this file.
import '../../support/engine/engineUnderTest'

describe('A graph in ONNX Runtime', () => {
  it('uses external tensors', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', ['S', 2])
    const weight = g.external('weight', 'float32', [2, 3], 24)
    g.output('y', g.matMul(x, weight), 'float32', ['S', 3])

    const y = await run(g, { x: floats([1, 10, 2, 20], [2, 2]) }, { weight: [1, 2, 3, 4, 5, 6] })
    expect(y).toEqual({ dims: [2, 3], data: [41, 52, 63, 82, 104, 126] })
  })

  it('converts external float16 tensors to float32', async () => {
    const g = new GraphBuilder()
    const weight = g.cast(g.external('weight', 'float16', [2], 4), 'float32')
    g.output('y', g.add(g.input('x', 'float32', [2]), weight), 'float32', [2])
    const externalData = [{ path: 'weight', data: new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer) }]
    const session = await ort.InferenceSession.create(g.build(), { externalData })
    const { y } = await session.run({ x: floats([0.5, 0.5], [2]) })
    expect(y?.data).toEqual(Float32Array.of(1.5, -1.5))
  })

  it('has integer constants, including negative ones', async () => {
    const g = new GraphBuilder()
    g.output('y', g.reshape(g.input('x', 'float32', ['S']), [-1, 3]), 'float32', ['R', 3])
    expect(await run(g, { x: floats([1, 2, 3, 4, 5, 6], [6]) })).toEqual({
      dims: [2, 3],
      data: [1, 2, 3, 4, 5, 6],
    })
  })

  it('has float constants', async () => {
    const g = new GraphBuilder()
    g.output('y', g.mul(g.input('x', 'float32', ['S']), g.float(0.5)), 'float32', ['S'])
    expect((await run(g, { x: floats([3, 5], [2]) })).data).toEqual([1.5, 2.5])
  })

  it('may use one constant several times', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', ['S'])
    g.output('y', g.add(g.mul(x, g.float(3)), g.float(3)), 'float32', ['S'])
    expect((await run(g, { x: floats([1], [1]) })).data).toEqual([6])
  })

  it('has attributes that are lists of integers', async () => {
    const g = new GraphBuilder()
    g.output('y', g.transpose(g.input('x', 'float32', [2, 3]), [1, 0]), 'float32', [3, 2])
    expect(await run(g, { x: floats([1, 2, 3, 4, 5, 6], [2, 3]) })).toEqual({
      dims: [3, 2],
      data: [1, 4, 2, 5, 3, 6],
    })
  })

  it('has integer attributes', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', [2, 1])
    g.output('y', g.concat(1, x, x), 'float32', [2, 2])
    expect((await run(g, { x: floats([1, 2], [2, 1]) })).data).toEqual([1, 1, 2, 2])
  })

  it('has negative attributes', async () => {
    const g = new GraphBuilder()
    g.output('y', g.softmax(g.input('x', 'float32', [2, 2])), 'float32', [2, 2])
    expect((await run(g, { x: floats([7, 7, 0, Math.log(3)], [2, 2]) })).data.map(rounded)).toEqual([
      0.5, 0.5, 0.25, 0.75,
    ])
  })

  it('has string attributes', async () => {
    const g = new GraphBuilder()
    g.output('y', g.op('Gelu', [g.input('x', 'float32', [1])], { approximate: 'tanh' }), 'float32', [1])
    const tanhForm = 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * 1.044715))
    const [value] = (await run(g, { x: floats([1], [1]) })).data
    // The exact GELU of 1 is 0.841345, 1.5e-4 away.
    expect(value).toBeCloseTo(tanhForm, 5)
  })

  it('has float attributes', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', [1, 2])
    const gain = g.external('gain', 'float32', [2], 8)
    g.output(
      'y',
      g.op('LayerNormalization', [x, gain], { axis: -1, epsilon: { float: 3 } }),
      'float32',
      [1, 2],
    )
    // Mean 0, variance 1: divided by √(1 + 3).
    const { data } = await run(g, { x: floats([-1, 1], [1, 2]) }, { gain: [1, 1] })
    expect(data.map(rounded)).toEqual([-0.5, 0.5])
  })

  it('has nodes with several outputs', async () => {
    const g = new GraphBuilder()
    const { values, indices } = g.topK(g.input('x', 'float32', [4]), g.ints([2]))
    g.output('y', values, 'float32', [2])
    g.output('indices', indices, 'int64', [2])
    const session = await ort.InferenceSession.create(g.build())
    const outputs = await session.run({ x: floats([3, 9, 9, 1], [4]) })
    expect(outputs.y?.data).toEqual(Float32Array.of(9, 9))
    // Of equal values the lower index comes first.
    expect(outputs.indices?.data).toEqual(BigInt64Array.of(1n, 2n))
  })

  it('runs one of two branches, which may use and output values and weights from outside', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', ['S'])
    const weight = g.external('weight', 'float32', [1], 4)
    const { y } = g.either(
      g.cast(g.op('Size', [x]), 'bool'),
      () => ({ y: g.mul(x, weight) }),
      () => ({ y: weight }),
    )
    g.output('y', y, 'float32', ['R'])
    expect(await run(g, { x: floats([1, 2], [2]) }, { weight: [3] })).toEqual({ dims: [2], data: [3, 6] })
    expect(await run(g, { x: floats([], [0]) }, { weight: [3] })).toEqual({ dims: [1], data: [3] })
  })

  it('reads tensors at their offsets in one external file', async () => {
    const g = new GraphBuilder()
    const part = (name: string, offset: number) =>
      g.external(name, 'float32', [1], 4, { location: 'weights', offset })
    g.output('y', g.sub(g.mul(g.input('x', 'float32', [1]), part('a', 0)), part('b', 4)), 'float32', [1])
    expect((await run(g, { x: floats([10], [1]) }, { weights: [2, 3] })).data).toEqual([17])
  })

  it('reduces along the last axis, which stays with length 1', async () => {
    const g = new GraphBuilder()
    const x = g.input('x', 'float32', [2, 2])
    g.output('y', g.sub(g.reduceSum(x), g.reduceMax(x)), 'float32', [2, 1])
    expect(await run(g, { x: floats([1, 5, 7, 2], [2, 2]) })).toEqual({ dims: [2, 1], data: [1, 2] })
  })
})

/** Runs a graph whose output is `y`. */
async function run(
  g: GraphBuilder,
  feeds: Record<string, ort.Tensor>,
  external: Record<string, number[]> = {},
) {
  const externalData = Object.entries(external).map(([path, values]) => ({
    path,
    data: new Uint8Array(Float32Array.from(values).buffer),
  }))
  const session = await ort.InferenceSession.create(g.build(), { externalData })
  const { y } = await session.run(feeds)
  if (y === undefined) throw new Error('the graph has no output y')
  return { dims: [...y.dims], data: [...(y.data as Float32Array)] }
}

function floats(values: readonly number[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.from(values), dims)
}

function rounded(value: number): number {
  return Math.round(value * 1e5) / 1e5
}
