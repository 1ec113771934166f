// A process that installs the fake hub's model and kills itself before its NUMBERth file operation:
// node installingProcess.js FOLDER ENDPOINT [NUMBER]

import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { HUB_LIMITS } from '../../../src/model/hub/hubLimits'
import { requestHub } from '../../../src/model/hub/hubRequest'
import { ModelStore } from '../../../src/model/store/disk/modelStore'
import { MODEL } from './fakeHub'

const [, , folder, endpoint, fatal = 'Infinity'] = process.argv
if (folder === undefined || endpoint === undefined) throw new Error('usage: FOLDER ENDPOINT [NUMBER]')
let operations = 0

function makeFatal(owner: object, names: readonly string[]): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>
  for (const name of names) {
    const method = methods[name]
    if (method === undefined) throw new Error(`there is no file operation ${name}`)
    methods[name] = function (this: unknown, ...args) {
      if (++operations === Number(fatal)) process.kill(process.pid, 'SIGKILL')
      return method.apply(this, args)
    }
  }
}

const handle = await fs.open(process.execPath)
makeFatal(Object.getPrototypeOf(handle) as object, ['write', 'writeFile', 'truncate', 'sync'])
makeFatal(fs, ['open', 'mkdir', 'rename', 'rm', 'writeFile', 'utimes', 'link'])
syncBuiltinESMExports()

await new ModelStore({ folder, models: [MODEL] }).install(
  MODEL,
  { endpoint: new URL(endpoint), token: undefined, limits: HUB_LIMITS, request: requestHub },
  { signal: new AbortController().signal, onProgress: () => undefined },
)
