// The engine's thread in a browser: a Web Worker that is given everything it needs.

import { int8Checkpoint, int8Tensors } from '../model/int8Form'
import { bytesInParts, bytesReadOnce } from '../model/bytesInParts'
import type { ModelFiles } from '../model/modelFiles'
import type { ModelOutline } from '../model/modelOutline'
import { withModelFiles } from '../model/openModelFiles'
import type { EngineMethods } from '../shared/engineApi'
import { RpcClient, serveRpc } from '../shared/rpc'
import type { Gpt2Ranks } from '../tokenizer/ranks'
import { Tokenizer } from '../tokenizer/tokenizer'
import { Engine } from './engine'
import { loadCheckpoint, type LoadedModel } from './model'
import { connectedEnds, portChannel } from './portChannel'
import type { WebEngineOptions, WorkerStart } from './spawnWorker.web'
import { configureRuntime } from './webRuntime'
import { RUNTIMES, type SupplyMethods } from './workerSupplies'

type Supplies = RpcClient<SupplyMethods>

self.onmessage = ({ data }) => {
  const { options, supplies: port } = data as WorkerStart
  const supplies = new RpcClient<SupplyMethods>(portChannel(port))
  serveRpc<EngineMethods>(
    portChannel(self),
    new Engine({
      loadModel: () => loadModel(options, supplies),
      loadTokenizer: async () =>
        Tokenizer.load({
          wasm: await supplies.call('asset', 'tiktoken_bg.wasm'),
          ranks: JSON.parse(new TextDecoder().decode(await supplies.call('asset', 'gpt2.json'))) as Gpt2Ranks,
        }),
      nextMacrotask: macrotasks(),
    }),
  )
}

async function loadModel(options: WebEngineOptions, supplies: Supplies): Promise<LoadedModel> {
  const { model, backend, precision } = options
  const runtime = RUNTIMES[backend]
  // Threads share memory, which only an isolated window has.
  const threads = self.crossOriginIsolated ? options.threads : 1
  // The model first: where it is not to be had, the runtime is not needed.
  const outline = await supplies.call('model', undefined)
  configureRuntime({
    glue: await supplies.call('asset', `${runtime}.mjs`),
    wasm: await supplies.call('asset', `${runtime}.wasm`),
    threads,
  })
  const loaded = await withModelFiles(filesOf(outline, options, supplies), (checkpoint) =>
    loadCheckpoint(
      precision === 'int8' ? int8Checkpoint(checkpoint, int8Tensors(checkpoint)) : checkpoint,
      model,
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
  supplies: Supplies,
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
      for (let index = 0; index < count; index++) parts.push(await supplies.call('part', { file, index }))
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
