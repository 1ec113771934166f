// A process that starts the engine's process and keeps it computing for minutes: `parentProcess OPTIONS`, the options as
// JSON. It writes the id of the engine's process when the engine computes.

import { callsOf } from '../../../src/engine/client/engineCalls'
import { spawnProcess } from '../../../src/engine/client/spawn/spawnProcess'
import type { EngineOptions } from '../../../src/engine/contract/engineOptions'
import type { EngineMethods } from '../../../src/shared/contracts/engine/engineApi'
import { START_TOKEN_ID } from '../../../src/shared/contracts/engine/prediction'
import { NEUTRAL_SAMPLING } from '../../../src/shared/contracts/engine/samplingSettings'
import { RpcClient } from '../../../src/shared/rpc'

const GENERATIONS = 20
const MAX_TOKENS = 500

const engine = spawnProcess(JSON.parse(process.argv[2] ?? '') as EngineOptions)
const api = callsOf(new RpcClient<EngineMethods>(engine.channel))
const tokenIds = Int32Array.of(START_TOKEN_ID)
// A generation sends nothing before its end, so no failure to send ends the process.
for (let seed = 0; seed < GENERATIONS; seed++) {
  void api.generate({
    tokenIds,
    typed: new Uint8Array(0),
    typedTokenIds: new Int32Array(0),
    candidates: 10,
    maxTokens: MAX_TOKENS,
    maxLines: MAX_TOKENS,
    minProbability: 0,
    sampling: NEUTRAL_SAMPLING,
    seed,
  })
}
await api.logits({ tokenIds })
console.log(engine.pid)
