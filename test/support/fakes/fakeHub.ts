// A hub on this machine that serves one small model, and can be told to misbehave.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { configOf, type PinnedModel } from '../../../src/model/registry'

const HEADER_BYTES = 512
/** Of each of the tensors, in the order of a real file. */
const TENSOR_BYTES: Record<string, number> = {
  'h.0.attn.bias': 4_000,
  'h.0.attn.c_attn.weight': 10_000,
  'h.0.mlp.c_fc.weight': 10_000,
  'h.1.attn.bias': 4_000,
  'h.1.mlp.c_fc.weight': 20_000,
  'wte.weight': 2 ** 16 - HEADER_BYTES - 48_000,
}

/**
 * Laid out as weights, but of bytes that are all different from those around them, so that no two parts can be
 * exchanged.
 */
export const WEIGHTS = Buffer.concat([
  headerOf(TENSOR_BYTES),
  ...Array.from({ length: 2048 }, (_, i) => createHash('sha256').update(`${i}`).digest()),
]).subarray(0, 2 ** 16)

function headerOf(tensors: Record<string, number>): Buffer {
  const header: Record<string, unknown> = {}
  let end = 0
  for (const [name, length] of Object.entries(tensors))
    header[name] = { dtype: 'U8', shape: [length], data_offsets: [end, (end += length)] }
  const bytes = Buffer.alloc(HEADER_BYTES, ' ')
  bytes.write(JSON.stringify(header), 8)
  bytes.writeBigUInt64LE(BigInt(HEADER_BYTES - 8))
  return bytes
}

/** What the fake hub has: 64 kB. */
export const MODEL: PinnedModel = {
  id: 'gpt2',
  description: 'a model of the test’s own',
  repository: 'openai-community/gpt2',
  revision: '607a30d783dfa663caf39e06633721c8d4cfcd7e',
  bytes: WEIGHTS.length,
  sha256: createHash('sha256').update(WEIGHTS).digest('hex'),
  parameters: 1000,
  nLayer: 2,
  nHead: 2,
  nEmbd: 8,
}

const PATH = `/${MODEL.repository}/resolve/${MODEL.revision}`

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The first byte that is asked for; undefined without a Range. */
  readonly from: number | undefined
}

export type Answer = (asked: Asked) => void

export class FakeHub {
  /** What was asked for, as `model.safetensors` or `model.safetensors from 100`. */
  readonly requests: string[] = []
  readonly authorizations: (string | undefined)[] = []
  /** One answer for each request for the weights; then `otherwise`. */
  answers: Answer[] = []
  otherwise: Answer = answerWell
  config: Answer = ({ response }) => response.end(JSON.stringify(configOf(MODEL)))

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.receive(request, response)
    })
  }

  static async start(): Promise<FakeHub> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FakeHub(server)
  }

  get endpoint(): URL {
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    this.authorizations.push(request.headers.authorization)
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const from = range === null ? undefined : Number(range[1])
    const name = request.url?.replace(`${PATH}/`, '') ?? ''
    this.requests.push(from === undefined ? name : `${name} from ${from}`)
    if (name === 'config.json') this.config({ request, response, from })
    else if (name === 'model.safetensors')
      (this.answers.shift() ?? this.otherwise)({ request, response, from })
    else response.writeHead(404).end()
  }
}

export const ETAG = '"the pinned file"'

/** Range, If-Range and ETag as they should be. */
export function answerWell(asked: Asked): void {
  asked.response.end(begin(asked))
}

/** The whole file, whatever part is asked for. */
export function answerWithoutRange({ response }: Asked): void {
  response.writeHead(200, { etag: ETAG, 'content-length': WEIGHTS.length }).end(WEIGHTS)
}

/** The head that belongs to the request; gives back the body that should follow. */
export function begin({ request, response, from }: Asked, etag = ETAG, weights = WEIGHTS): Buffer {
  const condition = request.headers['if-range']
  if (from === undefined || (condition !== undefined && condition !== etag)) {
    response.writeHead(200, { etag, 'content-length': weights.length })
    return weights
  }
  response.writeHead(206, {
    etag,
    'content-length': weights.length - from,
    'content-range': `bytes ${from}-${weights.length - 1}/${weights.length}`,
  })
  return weights.subarray(from)
}

/** So many bytes of what is asked for, then the connection is cut. */
export function cutAfter(bytes: number): Answer {
  return (asked) => {
    asked.response.write(begin(asked).subarray(0, bytes), () => asked.response.destroy())
  }
}

/** So many bytes of what is asked for, then nothing more. */
export function stallAfter(bytes: number): Answer {
  return (asked) => {
    asked.response.write(begin(asked).subarray(0, bytes))
  }
}

export function answerWithStatus(status: number, headers: Record<string, string> = {}): Answer {
  return ({ response }) => {
    response.writeHead(status, headers).end()
  }
}
