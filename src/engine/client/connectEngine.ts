import type { EngineMethods } from '../../shared/contracts/engine/engineApi'
import { EngineStoppedError } from '../../shared/errors'
import { RpcClient } from '../../shared/rpc'
import type { AcceleratedEngine } from './accelerator'
import { callsOf } from './engineCalls'
import type { EngineWorker } from './engineHandle'

/** An engine that may not have loaded its model yet. */
export type EngineConnection = Omit<AcceleratedEngine, 'model'>

/**
 * Connects to an engine that is not restarted after it has ended.
 * @param name in messages, such as `engine on the GPU`
 */
export function connectEngine(worker: EngineWorker, name: string): EngineConnection {
  const client = new RpcClient<EngineMethods>(worker.channel)
  let onEnd: (reason: Error) => void = () => undefined
  worker.onStop((cause) => {
    // The rest of the message is the error output of a process, which is for the log.
    const [how = ''] = cause.message.split('\n')
    const reason = new EngineStoppedError(`The ${name} has ended: ${how}.`, { cause })
    client.close(reason)
    onEnd(reason)
  })
  return {
    api: callsOf(client),
    onEnd: (listener) => {
      onEnd = listener
    },
    dispose: () => {
      void worker.terminate()
    },
  }
}
