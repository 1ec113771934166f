// A process that starts the engine's process and keeps it computing: `parentProcess OPTIONS`, the options as JSON. It
// writes the id of the engine's process when the first rows have arrived.

import { callsOf } from '../../../src/engine/client/engineCalls'
import { spawnProcess } from '../../../src/engine/client/spawnProcess'
import type { EngineOptions } from '../../../src/engine/contract/engineOptions'
import type { EngineMethods } from '../../../src/shared/contracts/engineApi'
import { RpcClient } from '../../../src/shared/rpc'
import { scoreWindow } from './scoreWindow'

const engine = spawnProcess(JSON.parse(process.argv[2] ?? '') as EngineOptions)
const api = callsOf(new RpcClient<EngineMethods>(engine.channel))
for (let window = 0; ; window++) {
  await api.score(scoreWindow(window), {
    onProgress: ({ kind }) => {
      if (kind === 'rows') console.log(engine.pid)
    },
  })
}
