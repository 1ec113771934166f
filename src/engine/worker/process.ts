// The engine's process on the desktop, with the native runtime. Its first argument is the options as JSON. With the second
// argument PREPACK it makes the prepacked form of the model instead, and ends; with ADAPTER it looks for a graphics adapter.

import { constants, setPriority } from 'node:os'
import { type Channel, type RpcMessage, serveRpc } from '../../shared/rpc'
import { ADAPTER, type AdapterMethods } from '../contract/adapterMethods'
import type { EngineOptions } from '../contract/engineOptions'
import { checkLoadable } from '../inference/loadModelFolder'
import { loadSimulator } from '../inference/simulation/loadSimulator'
import { loadedLibraries } from '../runtime/native/loadedLibraries'
import { openAdapter } from '../runtime/native/nativeGpuRuntime'
import { openNative } from '../runtime/native/nativeRuntime'
import { NativeModel } from './nativeModel'
import { PREPACK, Prepacking } from './prepacking'
import { availableMemory, besideModels } from './availableMemory'
import { serveEngine } from './serveEngine'

// The channel closes when the parent ends, also if it is killed. SIGKILL, because an exit would first run the destructors
// of the runtime, whose threads may still compute.
process.on('disconnect', end)

const [, , json = '', task] = process.argv
const options = JSON.parse(json) as EngineOptions
if (task === PREPACK) void prepack()
else if (task === ADAPTER) serveAdapter()
else serve()

function serve(): void {
  const model = new NativeModel(options)
  const prepacking = new Prepacking(options, model)
  serveEngine(
    channelToParent(() => {
      prepacking.startWhenIdle()
    }),
    {
      ...options,
      loadModel: () => model.load(),
      checkBaseline: ({ location, precision }, beside) =>
        checkLoadable(location, { ...options, precision, ...besideModels(beside) }),
      loadBaseline: ({ location, precision }, beside) =>
        new NativeModel({ ...options, model: location, precision }).load({
          ...beside,
          freeBytes: availableMemory(),
        }),
      loadSimulator: () =>
        loadSimulator(options.model, { ...options, backend: 'native', openRuntime: openProcessor }),
    },
  )
}

/** A check simulates on the processor, in fp32. */
function openProcessor() {
  const { nativeLibrary = '', threads } = options
  return openNative({ library: nativeLibrary, threads, precision: 'fp32' })
}

function serveAdapter(): void {
  serveRpc<AdapterMethods>(
    channelToParent(() => undefined),
    {
      openAdapter: async () => {
        await openAdapter(options.nativeLibrary ?? '')
        return loadedLibraries()
      },
    },
  )
}

/** @param onMessage called with every message in either direction */
function channelToParent(onMessage: () => void): Channel {
  return {
    send: (message) => {
      process.send?.(message)
      onMessage()
    },
    onMessage: (listener) => {
      process.on('message', (message) => {
        onMessage()
        listener(message as RpcMessage)
      })
    },
  }
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
