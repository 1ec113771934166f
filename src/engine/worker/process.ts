// The engine's process on the desktop, with the native runtime. Its argument is the options as JSON.

import type { RpcMessage } from '../../shared/rpc'
import type { EngineOptions } from '../contract/engineOptions'
import { openNative } from '../runtime/nativeRuntime'
import { serveEngine } from './serveEngine'

// The channel closes when the parent ends, also if it is killed. SIGKILL, because an exit would first run the destructors
// of the runtime, whose threads may still compute.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))

const options = JSON.parse(process.argv[2] ?? '') as EngineOptions
serveEngine(
  {
    send: (message) => process.send?.(message),
    onMessage: (listener) => {
      process.on('message', (message) => {
        listener(message as RpcMessage)
      })
    },
  },
  { ...options, openRuntime: () => openNative({ library: options.nativeLibrary ?? '', ...options }) },
)
