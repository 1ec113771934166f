// The engine's thread in a browser: a Web Worker that is given everything it needs.

import { int8Checkpoint, int8Tensors } from '../../model/int8/int8Form'
import { bytesInParts, bytesReadOnce } from '../../model/formats/bytesInParts'
import type { ModelFiles } from '../../model/formats/modelFiles'
import type { ModelOutline } from '../../model/gpt2/modelOutline'
import { withModelFiles } from '../../model/folder/openModelFiles'
import type { EngineMethods } from '../../shared/contracts/engineApi'
import { RpcClient, serveRpc } from '../../shared/rpc'
import type { Gpt2Ranks } from '../../tokenizer/ranks'
import { Tokenizer } from '../../tokenizer/tokenizer'
import { Engine } from './engine'
import { measuredStepSize } from './stepSize'
import { loadCheckpoint, type LoadedModel } from '../inference/model'
import { connectedEnds, portChannel } from '../contract/portChannel'
import type { WebEngineOptions, WorkerStart } from '../contract/webWorkerStart'
import { configureRuntime } from '../runtime/webRuntime'
import { RUNTIMES, type ResourceMethods } from '../contract/workerResources'

type Resources = RpcClient<ResourceMethods>

self.onmessage = ({ data }) => {
  const { options, resources: port } = data as WorkerStart
  const resources = new RpcClient<ResourceMethods>(portChannel(port))
  serveRpc<EngineMethods>(
    portChannel(self),
    new Engine({
      loadModel: () => loadModel(options, resources),
      loadTokenizer: async () =>
        Tokenizer.load({
          wasm: await resources.call('asset', 'tiktoken_bg.wasm'),
          ranks: JSON.parse(
            new TextDecoder().decode(await resources.call('asset', 'gpt2.json')),
          ) as Gpt2Ranks,
        }),
      createStepPolicy: measuredStepSize,
      nextMacrotask: macrotasks(),
    }),
  )
}

async function loadModel(options: WebEngineOptions, resources: Resources): Promise<LoadedModel> {
  const { model, backend, precision } = options
  const runtime = RUNTIMES[backend]
  // Threads share memory, which only an isolated window has.
  const threads = self.crossOriginIsolated ? options.threads : 1
  // The model first: where it is not to be had, the runtime is not needed.
  const outline = await resources.call('model', undefined)
  configureRuntime({
    glue: await resources.call('asset', `${runtime}.mjs`),
    wasm: await resources.call('asset', `${runtime}.wasm`),
    threads,
  })
  const loaded = await withModelFiles(filesOf(outline, options, resources), (checkpoint) =>
    loadCheckpoint(
      precision === 'int8' ? int8Checkpoint(checkpoint, int8Tensors(checkpoint)) : checkpoint,
      { ...model, fingerprint: outline.fingerprint },
      { backend, threads, precision },
    ),
  )
  // The thread ends by it, after what was running has said why; nothing may run, and nobody would learn of it.
  void loaded.lost.then((loss) =>
    setTimeout(() => {
      throw loss
    }),
  )
  const { info } = loaded
  return { ...loaded, info: { ...info, remarks: [...info.remarks, ...(outline.remarks ?? [])] } }
}

/** A file's parts come when it is opened. */
function filesOf(
  { place, files }: ModelOutline,
  { backend, precision }: WebEngineOptions,
  resources: Resources,
): ModelFiles {
  // Only ONNX Runtime's own copying reads every weight once.
  const open = backend === 'wasm' && precision === 'fp32' ? bytesReadOnce : bytesInParts
  return {
    place,
    names: () => Promise.resolve(files.map(({ name }) => name)),
    open: async (file) => {
      const count = files.find(({ name }) => name === file)?.parts
      if (count === undefined) throw new Error(`there is no ${file}`)
      const parts: Uint8Array[] = []
      for (let index = 0; index < count; index++) parts.push(await resources.call('part', { file, index }))
      return open(parts)
    },
  }
}

/** A message to oneself comes after those that are there already; a timer would take milliseconds. */
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
