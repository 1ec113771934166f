// The engine's thread in a browser: a Web Worker that requests its files from the host.

import { int8Checkpoint, int8Tensors } from '../../model/int8/int8Form'
import { bytesInParts, bytesReadOnce } from '../../model/formats/bytesInParts'
import type { ModelFiles } from '../../model/formats/modelFiles'
import type { ModelOutline } from '../../model/gpt2/modelOutline'
import { withModelFiles } from '../../model/folder/openModelFiles'
import { PINNED_MODELS } from '../../model/registry'
import type { EngineMethods } from '../../shared/contracts/engine/engineApi'
import type { SimulationMethods } from '../../shared/contracts/engine/simulation'
import { WebGpuUnavailableError } from '../../shared/errors'
import { RpcClient, serveRpc } from '../../shared/rpc'
import type { Gpt2Ranks } from '../../tokenizer/ranks'
import { Tokenizer } from '../../tokenizer/tokenizer'
import { type BesideOwnModel, Engine } from './engine'
import { simulationHandlers } from './simulations'
import { measuredStepSize } from './stepSize'
import { checkFits } from '../inference/memoryLimits'
import { loadCheckpoint, type LoadedModel } from '../inference/model'
import { openSimulator } from '../inference/simulation/openSimulator'
import type { Simulator } from '../inference/simulation/simulator'
import { connectedEnds, portChannel } from '../contract/portChannel'
import type { WebEngineOptions, WorkerStart } from '../contract/webWorkerStart'
import type { Runtime } from '../runtime/runtime'
import { WASM_RUNTIME } from '../runtime/wasm/wasmRuntime'
import { openWebGpu } from '../runtime/webgpu/webGpuRuntime'
import { configureRuntime } from '../runtime/wasm/webRuntime'
import { RUNTIMES, type ResourceMethods } from '../contract/workerResources'

type Resources = RpcClient<ResourceMethods>

self.onmessage = ({ data }) => {
  const { options, resources: port } = data as WorkerStart
  const resources = new RpcClient<ResourceMethods>(portChannel(port))
  const nextMacrotask = macrotasks()
  serveRpc<EngineMethods & SimulationMethods>(portChannel(self), {
    ...new Engine({
      loadModel: () => loadModel(options, { resources }),
      checkBaseline: async ({ location: { id }, precision }, { own: beside }) => {
        // Rejects if the model is missing.
        await resources.call('model', { id })
        // Reading the headers of a stored model takes as long as reading all of it, but its size is known.
        const pinned = PINNED_MODELS.find((model) => model.id === id)
        if (pinned !== undefined) checkFits({ ...pinned, precision }, { backend: options.backend, beside })
      },
      loadBaseline: ({ location, precision }, beside) =>
        loadModel({ ...options, model: location, precision }, { resources, ...beside }),
      loadTokenizer: async () =>
        Tokenizer.load({
          wasm: await resources.call('asset', 'tiktoken_bg.wasm'),
          ranks: JSON.parse(
            new TextDecoder().decode(await resources.call('asset', 'gpt2.json')),
          ) as Gpt2Ranks,
        }),
      createStepPolicy: measuredStepSize,
      nextMacrotask,
    }),
    ...simulationHandlers({ loadSimulator: () => loadSimulator(options, resources), nextMacrotask }),
  })
}

async function loadModel(
  options: WebEngineOptions,
  { resources, ...beside }: { readonly resources: Resources } & Partial<BesideOwnModel>,
): Promise<LoadedModel> {
  const { model, backend, precision } = options
  const { outline, threads } = await prepare(options, resources)
  const loaded = await withModelFiles(filesOf(outline, options, resources), (checkpoint) =>
    loadCheckpoint(
      precision === 'int8' ? int8Checkpoint(checkpoint, int8Tensors(checkpoint)) : checkpoint,
      { ...model, fingerprint: outline.fingerprint },
      { backend, threads, precision, ...beside, openRuntime: () => openRuntime(options) },
    ),
  )
  // An uncaught error ends the thread and is reported to the host, even if no call is pending. The timeout delays it
  // until the pending calls have been rejected.
  void loaded.lost.then((loss) =>
    setTimeout(() => {
      throw loss
    }),
  )
  const { info } = loaded
  return { ...loaded, info: { ...info, remarks: [...info.remarks, ...(outline.remarks ?? [])] } }
}

/** A check simulates on WASM, in fp32. */
async function loadSimulator(selected: WebEngineOptions, resources: Resources): Promise<Simulator> {
  const options = { ...selected, backend: 'wasm', precision: 'fp32' } as const
  const { outline, threads } = await prepare(options, resources)
  return withModelFiles(filesOf(outline, options, resources), (checkpoint) =>
    openSimulator(
      checkpoint,
      { ...options.model, fingerprint: outline.fingerprint },
      { backend: 'wasm', threads, openRuntime: () => openRuntime(options) },
    ),
  )
}

/** Finds the model and configures the runtime. */
async function prepare(options: WebEngineOptions, resources: Resources) {
  const runtime = RUNTIMES[options.backend]
  // Threads need shared memory, which only a cross-origin isolated window has.
  const threads = self.crossOriginIsolated ? options.threads : 1
  // The model first: if it is missing, the runtime is not loaded.
  const outline = await resources.call('model', { id: options.model.id })
  configureRuntime({
    glue: await resources.call('asset', `${runtime}.mjs`),
    wasm: await resources.call('asset', `${runtime}.wasm`),
    threads,
  })
  return { outline, threads }
}

async function openRuntime({ backend, precision }: WebEngineOptions): Promise<Runtime> {
  if (backend === 'wasm') return WASM_RUNTIME
  if (precision === 'int8') throw new WebGpuUnavailableError('int8 does not run on WebGPU.')
  return await openWebGpu()
}

/** The model's files. The parts of a file are requested when it is opened. */
function filesOf(
  { place, files }: ModelOutline,
  { model: { id }, backend, precision }: Pick<WebEngineOptions, 'model' | 'backend' | 'precision'>,
  resources: Resources,
): ModelFiles {
  // On WASM in fp32 ONNX Runtime reads every weight once, so the bytes can be released as they are read.
  const open = backend === 'wasm' && precision === 'fp32' ? bytesReadOnce : bytesInParts
  return {
    place,
    names: () => Promise.resolve(files.map(({ name }) => name)),
    open: async (file) => {
      const count = files.find(({ name }) => name === file)?.parts
      if (count === undefined) throw new Error(`${file} is missing`)
      const parts: Uint8Array[] = []
      for (let index = 0; index < count; index++)
        parts.push(await resources.call('part', { id, file, index }))
      return open(parts)
    },
  }
}

/** Waits by a message to the thread itself, which arrives after pending messages. A timer would take milliseconds. */
function macrotasks(): () => Promise<void> {
  const [sender, receiver] = connectedEnds()
  const waiting: (() => void)[] = []
  receiver.onmessage = () => {
    waiting.shift()?.()
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      sender.postMessage(undefined)
    })
}
