// The engine's process on the desktop, with the native runtime. Its first argument is the options as JSON. With the second
// argument PREPACK it makes the prepacked form of the model instead, and ends.

import { constants, setPriority } from 'node:os'
import type { RpcMessage } from '../../shared/rpc'
import type { EngineOptions } from '../contract/engineOptions'
import { NativeModel } from './nativeModel'
import { PREPACK, Prepacking } from './prepacking'
import { serveEngine } from './serveEngine'

// The channel closes when the parent ends, also if it is killed. SIGKILL, because an exit would first run the destructors
// of the runtime, whose threads may still compute.
process.on('disconnect', end)

const [, , json = '', task] = process.argv
const options = JSON.parse(json) as EngineOptions
if (task === PREPACK) void prepack()
else serve()

function serve(): void {
  const model = new NativeModel(options)
  const prepacking = new Prepacking(options, model)
  serveEngine(
    {
      send: (message) => {
        process.send?.(message)
        prepacking.startWhenIdle()
      },
      onMessage: (listener) => {
        process.on('message', (message) => {
          prepacking.startWhenIdle()
          listener(message as RpcMessage)
        })
      },
    },
    { ...options, loadModel: () => model.load() },
  )
}

async function prepack(): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW)
  // A form that cannot be made is not used: the model's own files are.
  await new NativeModel({ ...options, threads: 1 }).makeForm().catch(() => undefined)
  end()
}

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
