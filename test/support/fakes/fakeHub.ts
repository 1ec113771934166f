// A hub on this machine that serves one small model and can simulate failures.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { configOf, type PinnedModel } from '../../../src/model/registry'

const HEADER_BYTES = 512
/** Size of each tensor. The tensors are in the same order as in a real file. */
const TENSOR_BYTES: Record<string, number> = {
  'h.0.attn.bias': 4_000,
  'h.0.attn.c_attn.weight': 10_000,
  'h.0.mlp.c_fc.weight': 10_000,
  'h.1.attn.bias': 4_000,
  'h.1.mlp.c_fc.weight': 20_000,
  'wte.weight': 2 ** 16 - HEADER_BYTES - 48_000,
}

/** A safetensors file whose data does not repeat, so that a test notices exchanged parts. */
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

/** The fake hub's model: 64 kB of weights. */
export const MODEL: PinnedModel = {
  id: 'gpt2',
  description: 'a model for tests',
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
  /** The first requested byte; undefined without a Range header. */
  readonly from: number | undefined
}

export type Answer = (asked: Asked) => void

export class FakeHub {
  /** The requests so far, such as `model.safetensors` or `model.safetensors from 100`. */
  readonly requests: string[] = []
  readonly authorizations: (string | undefined)[] = []
  /** One answer for each request for the weights, in order; then `otherwise`. */
  answers: Answer[] = []
  otherwise: Answer = answerWell
  /** The answer to every request for config.json. */
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

/** Answers correctly, with Range, If-Range and ETag. */
export function answerWell(asked: Asked): void {
  asked.response.end(begin(asked))
}

/** Answers with the whole file and ignores the Range header. */
export function answerWithoutRange({ response }: Asked): void {
  response.writeHead(200, { etag: ETAG, 'content-length': WEIGHTS.length }).end(WEIGHTS)
}

/** Sends the headers of a correct answer and returns the body that should follow. */
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

/** Sends this many bytes of the requested range, then cuts the connection. */
export function cutAfter(bytes: number): Answer {
  return (asked) => {
    asked.response.write(begin(asked).subarray(0, bytes), () => asked.response.destroy())
  }
}

/** Sends this many bytes of the requested range, then nothing more. */
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
