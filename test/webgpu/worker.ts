// The engine on WebGPU in a Web Worker, with methods that only the tests use.

import * as ort from 'onnxruntime-web'
import { Engine } from '../../src/engine/worker/engine'
import { measuredStepSize } from '../../src/engine/worker/stepSize'
import { loadCheckpoint, type LoadedModel } from '../../src/engine/inference/model'
import { configureWasm, WASM_RUNTIME } from '../../src/engine/runtime/wasm/wasmRuntime'
import { openWebGpu } from '../../src/engine/runtime/webgpu/webGpuRuntime'
import { bytesInMemory } from '../../src/model/formats/byteSource'
import { CONFIG_FILE, WEIGHTS_FILE } from '../../src/model/formats/modelFiles'
import { withModelFiles } from '../../src/model/folder/openModelFiles'
import { type RpcHandlers, type RpcMessage, serveRpc } from '../../src/shared/rpc'
import { fixedSteps } from '../support/engine/fixedSteps'
import { CACHE_SHAPE, runCacheSteps } from '../support/engine/cacheScenario'
import type { FreshEngineRequest, LoadRequest, WorkerMethods } from '../support/engine/workerUnderTest'
import { lastDevice, takeCounts, watchGpu } from './watchedGpu'

const FILES = [CONFIG_FILE, WEIGHTS_FILE]

let model: LoadedModel | undefined
const placements = { operators: {} as Record<string, number>, onCpu: [] as string[] }

configureWasm('/ort/', 1)
watchGpu()

interface WorkerScope {
  postMessage(message: unknown): void
  onmessage: (event: { readonly data: RpcMessage }) => void
}
const scope = globalThis as unknown as WorkerScope
const channel = {
  send: (message: RpcMessage) => {
    scope.postMessage(message)
  },
  onMessage: (listener: (message: RpcMessage) => void) => {
    scope.onmessage = ({ data }) => {
      listener(data)
    }
  },
}

const handlers: RpcHandlers<WorkerMethods> = {
  ...engineOn(() => Promise.reject(new Error('no model has been loaded'))),
  load: async (request) => {
    applyFakes(request)
    if (request.recordPlacements === true) recordPlacements()
    model = await loadFiles(request)
    useFreshEngine(model)
    return model.info
  },
  freshEngine: (request) => {
    if (model === undefined) throw new Error('no model has been loaded')
    useFreshEngine(model, request)
    return Promise.resolve(undefined)
  },
  counts: () => Promise.resolve(takeCounts()),
  damageDevice: (how) => {
    const device = lastDevice()
    if (how === 'destroy') device.destroy()
    else device.createBuffer({ size: device.limits.maxBufferSize + 4, usage: GPUBufferUsage.STORAGE })
    return Promise.resolve(undefined)
  },
  lost: async () => (await model?.lost)?.name ?? '',
  placements: () => Promise.resolve(placements),
  keep: async (request) => {
    const runtime = await openWebGpu()
    return runCacheSteps(
      {
        rowBuffer: () => runtime.rowBuffer(CACHE_SHAPE.nEmbd),
        tensorOf: (rows) => onGpu(lastDevice(), rows),
        read: (rows) => fromGpu(lastDevice(), rows),
      },
      request,
    )
  },
}
serveRpc<WorkerMethods>(channel, handlers)

/** Answers the engine's methods with a new engine from now on; its cache is empty. */
function useFreshEngine(loaded: LoadedModel, request?: FreshEngineRequest): void {
  Object.assign(
    handlers,
    engineOn(() => Promise.resolve(loaded), request),
  )
}

function engineOn(
  loadModel: () => Promise<LoadedModel>,
  { stepPositions, destroyDeviceAfterStep }: FreshEngineRequest = {},
): Engine {
  const createStepPolicy = stepPositions === undefined ? measuredStepSize : fixedSteps(stepPositions)
  return new Engine({
    loadModel,
    checkBaseline: () => Promise.reject(new Error('nothing is compared here')),
    loadBaseline: () => Promise.reject(new Error('nothing is compared here')),
    loadTokenizer: () => Promise.reject(new Error('nothing is tokenized here')),
    createStepPolicy: (precision) => {
      const policy = createStepPolicy(precision)
      if (destroyDeviceAfterStep === undefined) return policy
      return {
        positions: policy.positions,
        measured: () => {
          lastDevice().destroy()
        },
      }
    },
    nextMacrotask: () => new Promise((resolve) => setTimeout(resolve)),
  })
}

async function loadFiles({ backend = 'webgpu' }: LoadRequest): Promise<LoadedModel> {
  const bytesOf = async (name: string) => {
    const response = await fetch(`/model/${name}`)
    return bytesInMemory(new Uint8Array(await response.arrayBuffer()))
  }
  const files = { place: 'the test’s model', names: () => Promise.resolve(FILES), open: bytesOf }
  return withModelFiles(files, (checkpoint) =>
    loadCheckpoint(
      checkpoint,
      { id: 'tested', description: 'The tested model.', fingerprint: 'tested' },
      {
        backend,
        threads: 1,
        precision: 'fp32',
        openRuntime: () => (backend === 'wasm' ? Promise.resolve(WASM_RUNTIME) : openWebGpu()),
      },
    ),
  )
}

function applyFakes({ limits = {}, lacks }: LoadRequest): void {
  for (const [name, value] of Object.entries(limits))
    Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => value })
  if (lacks === 'adapter') GPU.prototype.requestAdapter = () => Promise.resolve(null)
  if (lacks === 'navigator.gpu') Object.defineProperty(globalThis, 'navigator', { value: {} })
}

/**
 * Sets the most verbose log level for every new session: ONNX Runtime then writes the placement of its operators to
 * the console, where this reads it.
 */
function recordPlacements(): void {
  const create = ort.InferenceSession.create.bind(ort.InferenceSession)
  Object.assign(ort.InferenceSession, {
    create: (graph: Uint8Array, options: ort.InferenceSession.SessionOptions) =>
      create(graph, { ...options, logSeverityLevel: 0 }),
  })
  const { operators, onCpu } = placements
  let placedOn = ''
  console.error = (line: unknown) => {
    const [, provider, count] = /placed on \[(\w+)\]\. Number of nodes: (\d+)/.exec(String(line)) ?? []
    const [, operator] = /VerifyEachNodeIsAssignedToAnEp\] {3}(\w+) \(/.exec(String(line)) ?? []
    if (provider !== undefined) {
      placedOn = provider
      operators[provider] = (operators[provider] ?? 0) + Number(count)
    } else if (operator !== undefined && placedOn === 'CPUExecutionProvider') onCpu.push(operator)
  }
}

function onGpu(device: GPUDevice, rows: Float32Array): ort.Tensor {
  const buffer = device.createBuffer({
    size: rows.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  })
  device.queue.writeBuffer(buffer, 0, rows.slice())
  return ort.Tensor.fromGpuBuffer(buffer, {
    dataType: 'float32',
    dims: [rows.length / CACHE_SHAPE.nEmbd, CACHE_SHAPE.nEmbd],
    dispose: () => {
      buffer.destroy()
    },
  })
}

async function fromGpu(device: GPUDevice, rows: ort.Tensor): Promise<Float32Array> {
  if (rows.location === 'cpu') return rows.data as Float32Array
  const size = rows.size * Float32Array.BYTES_PER_ELEMENT
  const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
  const encoder = device.createCommandEncoder()
  encoder.copyBufferToBuffer(rows.gpuBuffer, 0, read, 0, size)
  device.queue.submit([encoder.finish()])
  await read.mapAsync(GPUMapMode.READ)
  const data = new Float32Array(read.getMappedRange()).slice()
  read.destroy()
  return data
}
