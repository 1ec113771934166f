import { beforeAll, describe, expect, it } from 'vitest'
import { checkInt8Products } from '../../../../../src/engine/runtime/native/int8Products'
import type { Runtime } from '../../../../../src/engine/runtime/runtime'
import { tensor } from '../../../../../src/engine/runtime/tensor'
import { NativeUnavailableError } from '../../../../../src/shared/errors'
import { CPU_BACKENDS, openCpuRuntime } from '../../../../support/engine/loadModel'

describe('The check of int8 products', () => {
  let exact: Runtime
  beforeAll(async () => {
    exact = await openCpuRuntime('wasm')
  })

  it.each(CPU_BACKENDS)('passes on %s', async (backend) => {
    const { createSession } = await openCpuRuntime(backend)
    await expect(checkInt8Products(createSession)).resolves.toBeUndefined()
  })

  it('refuses a processor that saturates sums of two products', async () => {
    const checking = checkInt8Products(withProducts((sum) => Math.min(sum, 4_000_000)))
    await expect(checking).rejects.toThrow(NativeUnavailableError)
    await expect(checking).rejects.toThrow(/no exact int8 products .* Use fp32, or int8 on WASM\.$/)
  })

  it('refuses a single sum that is one too small', async () => {
    let sums = 0
    const checking = checkInt8Products(withProducts((sum) => (sums++ === 40 ? sum - 1 : sum)))
    await expect(checking).rejects.toThrow(NativeUnavailableError)
  })

  /** Sessions of the exact runtime, with changed sums. */
  function withProducts(changed: (sum: number) => number): Runtime['createSession'] {
    return async (graph, weights) => {
      const session = await exact.createSession(graph, weights)
      return {
        run: async (feeds, names) => {
          const { product } = await session.run(feeds, names)
          if (product === undefined) throw new Error('the graph has no product')
          return { product: tensor.float32((product.data as Float32Array).map(changed), product.dims) }
        },
        release: () => session.release(),
      }
    }
  }
})
