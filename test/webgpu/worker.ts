// The engine in a Web Worker, with what only tests may do to it.

import * as ort from 'onnxruntime-web'
import { Engine } from '../../src/engine/engine'
import { loadCheckpoint, type LoadedModel } from '../../src/engine/model'
import { configureWasm } from '../../src/engine/ortSession'
import { bytesInMemory } from '../../src/model/byteSource'
import { withModelFiles } from '../../src/model/openModelFiles'
import type { RpcMessage } from '../../src/shared/rpc'
import { serveRpc } from '../../src/shared/rpc'
import type { LoadRequest, WorkerMethods } from '../support/workerUnderTest'
import { takeCounts, watchGpu } from './watchedGpu'

let model: LoadedModel | undefined
let engine: Engine | undefined
let device: GPUDevice | undefined
const cpuOperators: string[] = []

configureWasm('/ort/', 1)
watchGpu()
watchDevices()
watchPlacements()

const port = self as unknown as {
  postMessage(message: unknown): void
  onmessage: (event: { data: RpcMessage }) => void
}
serveRpc<WorkerMethods>(
  {
    send: (message) => {
      port.postMessage(message)
    },
    onMessage: (listener) => {
      port.onmessage = ({ data }) => {
        listener(data)
      }
    },
  },
  {
    vocabulary: (...call) => current().vocabulary(...call),
    tokenize: (...call) => current().tokenize(...call),
    model: (...call) => current().model(...call),
    score: (...call) => current().score(...call),
    generate: (...call) => current().generate(...call),
    logits: (...call) => current().logits(...call),
    load: async (request) => {
      pretend(request)
      model = await loadFiles(request)
      engine = engineOf(model, request.chunkPositions)
      return model.info
    },
    freshEngine: ({ chunkPositions }) => {
      if (model === undefined) throw new Error('no model has been loaded')
      engine = engineOf(model, chunkPositions)
      return Promise.resolve(undefined)
    },
    counts: () => Promise.resolve(takeCounts()),
    destroyDevice: () => {
      device?.destroy()
      return Promise.resolve(undefined)
    },
    lost: async () => (await model?.lost)?.name ?? '',
    cpuOperators: () => Promise.resolve(cpuOperators),
  },
)

function current(): Engine {
  if (engine === undefined) throw new Error('no model has been loaded')
  return engine
}

function engineOf(loaded: LoadedModel, chunkPositions?: number): Engine {
  return new Engine({
    loadModel: () => Promise.resolve(loaded),
    loadTokenizer: () => Promise.reject(new Error('nothing is tokenized here')),
    nextMacrotask: () => new Promise((resolve) => setTimeout(resolve)),
    ...(chunkPositions === undefined ? {} : { chunkPositions }),
  })
}

async function loadFiles({ backend, files }: LoadRequest): Promise<LoadedModel> {
  const contents = new Map<string, Uint8Array>()
  for (const name of files) {
    const response = await fetch(`/model/${name}`)
    contents.set(name, new Uint8Array(await response.arrayBuffer()))
  }
  const place = {
    place: 'the test’s model',
    names: () => Promise.resolve(files),
    open: (name: string) => Promise.resolve(bytesInMemory(contents.get(name) ?? new Uint8Array(0))),
  }
  const location = { id: 'tested', folder: '', description: 'The tested model.' }
  return withModelFiles(place, (checkpoint) =>
    loadCheckpoint(checkpoint, location, { backend, threads: 1, precision: 'fp32' }),
  )
}

/** Another adapter than this machine's. */
function pretend({ limits = {}, withoutAdapter = false }: LoadRequest): void {
  for (const [name, value] of Object.entries(limits))
    Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => value })
  if (withoutAdapter) GPU.prototype.requestAdapter = () => Promise.resolve(null)
}

function watchDevices(): void {
  const requestDevice = GPUAdapter.prototype.requestDevice
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
    device = await requestDevice.call(this, descriptor)
    return device
  }
}

/** Sessions say where they have placed their operators, in a log that nobody else reads. */
function watchPlacements(): void {
  const create = ort.InferenceSession.create.bind(ort.InferenceSession)
  Object.assign(ort.InferenceSession, {
    create: (graph: Uint8Array, options: ort.InferenceSession.SessionOptions) =>
      create(graph, { ...options, logSeverityLevel: 0 }),
  })
  let provider = ''
  console.error = (line: unknown) => {
    const text = String(line)
    provider = /placed on \[(\w+)\]/.exec(text)?.[1] ?? provider
    const operator = /VerifyEachNodeIsAssignedToAnEp\] {3}(\w+) \(/.exec(text)?.[1]
    if (operator !== undefined && provider === 'CPUExecutionProvider') cpuOperators.push(operator)
  }
}
