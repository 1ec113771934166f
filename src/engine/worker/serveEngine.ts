import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { checkFolder } from '../../model/folder/checkFolder'
import { filesOfFolder } from '../../model/folder/filesOfFolder'
import type { EngineMethods } from '../../shared/contracts/engine/engineApi'
import type { SimulationMethods } from '../../shared/contracts/engine/simulation'
import { type Channel, serveRpc } from '../../shared/rpc'
import type { Gpt2Ranks } from '../../tokenizer/ranks'
import { Tokenizer } from '../../tokenizer/tokenizer'
import type { EngineOptions } from '../contract/engineOptions'
import type { FolderMethods } from '../contract/folderMethods'
import { Engine, type EngineDependencies } from './engine'
import { type SimulationDependencies, simulationHandlers } from './simulations'
import { measuredStepSize } from './stepSize'

interface ServeOptions
  extends
    Pick<EngineOptions, 'model' | 'assetsFolder'>,
    Pick<EngineDependencies, 'loadModel' | 'checkBaseline' | 'loadBaseline'>,
    Pick<SimulationDependencies, 'loadSimulator'> {}

/** Answers the calls that arrive on `channel` with an engine whose model is in a folder on this machine. */
export function serveEngine(
  channel: Channel,
  { model, assetsFolder, loadModel, checkBaseline, loadBaseline, loadSimulator }: ServeOptions,
): void {
  const nextMacrotask = () => setImmediate()
  serveRpc<EngineMethods & FolderMethods & SimulationMethods>(channel, {
    ...new Engine({
      loadModel,
      checkBaseline,
      loadBaseline,
      loadTokenizer: async () =>
        Tokenizer.load({
          wasm: new Uint8Array(await readFile(join(assetsFolder, 'tiktoken_bg.wasm'))),
          ranks: JSON.parse(await readFile(join(assetsFolder, 'gpt2.json'), 'utf8')) as Gpt2Ranks,
        }),
      createStepPolicy: measuredStepSize,
      nextMacrotask,
    }),
    ...simulationHandlers({ loadSimulator, nextMacrotask }),
    checkFolder: () => checkFolder(filesOfFolder(model.folder)),
  })
}
