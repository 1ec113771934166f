import { createServer } from 'node:http'
import { configOf, PINNED_MODELS } from '../../../src/model/registry'
import { elementAt } from '../../../src/shared/elementAt'

/** Size of the two layers together. */
const SENT_LAYERS_BYTES = 2_000_000
const HEADER_BYTES = 512
/** Often enough that a download reports progress. */
const DRIP_MS = 300
const GPT2 = elementAt(PINNED_MODELS, 0)

export interface OpenHub {
  close(): Promise<void>
}

/** A hub that pages of any origin may ask. It sends two layers of gpt2's weights, then 1 kB at a time. */
export async function startOpenHub(port: number): Promise<OpenHub> {
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-expose-headers', 'ETag, Content-Range')
    const name = request.url?.split('/').at(-1) ?? ''
    if (name === 'config.json') response.end(JSON.stringify(configOf(GPT2)))
    else {
      response.writeHead(200, { etag: '"two layers"', 'content-length': GPT2.bytes })
      response.write(Buffer.concat([header(), Buffer.alloc(SENT_LAYERS_BYTES, 7)]))
      const drip = setInterval(() => response.write(Buffer.alloc(1000)), DRIP_MS)
      response.once('close', () => {
        clearInterval(drip)
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The header of a safetensors file as long as gpt2's. */
function header(): Buffer {
  const layer = SENT_LAYERS_BYTES / 2
  const end = GPT2.bytes - HEADER_BYTES
  const tensors = {
    'h.0.mlp.c_fc.weight': { dtype: 'U8', shape: [layer], data_offsets: [0, layer] },
    'h.1.mlp.c_fc.weight': { dtype: 'U8', shape: [layer], data_offsets: [layer, 2 * layer] },
    'wte.weight': { dtype: 'U8', shape: [end - 2 * layer], data_offsets: [2 * layer, end] },
  }
  const bytes = Buffer.alloc(HEADER_BYTES, ' ')
  bytes.write(JSON.stringify(tensors), 8)
  bytes.writeBigUInt64LE(BigInt(HEADER_BYTES - 8))
  return bytes
}
