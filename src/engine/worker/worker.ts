// The engine's thread on the desktop: a worker of Node's `worker_threads`.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { checkFolder } from '../../model/folder/checkFolder'
import { filesOfFolder } from '../../model/folder/filesOfFolder'
import type { EngineMethods } from '../../shared/contracts/engineApi'
import { type Channel, serveRpc } from '../../shared/rpc'
import type { Gpt2Ranks } from '../../tokenizer/ranks'
import { Tokenizer } from '../../tokenizer/tokenizer'
import { Engine } from './engine'
import type { EngineOptions } from '../contract/engineOptions'
import type { FolderMethods } from '../contract/folderMethods'
import { loadModelFolder } from '../inference/loadModelFolder'
import { configureWasm } from '../runtime/ortSession'
import { measuredStepSize } from './stepSize'

if (parentPort === null) throw new Error('the engine runs in a worker')
const port = parentPort
const channel: Channel = {
  send: (message, transfer) => {
    port.postMessage(message, transfer)
  },
  onMessage: (listener) => {
    port.on('message', listener)
  },
}

const { model, assetsFolder, ...options } = workerData as EngineOptions
configureWasm(join(assetsFolder, '/'), options.threads)
serveRpc<EngineMethods & FolderMethods>(channel, {
  ...new Engine({
    loadModel: () => loadModelFolder(model, options),
    loadTokenizer: async () =>
      Tokenizer.load({
        wasm: new Uint8Array(await readFile(join(assetsFolder, 'tiktoken_bg.wasm'))),
        ranks: JSON.parse(await readFile(join(assetsFolder, 'gpt2.json'), 'utf8')) as Gpt2Ranks,
      }),
    createStepPolicy: measuredStepSize,
    nextMacrotask: () => setImmediate(),
  }),
  checkFolder: () => checkFolder(filesOfFolder(model.folder)),
})
