import { setImmediate } from 'node:timers/promises'
import type { EngineWorker } from '../../../src/engine/client/engineHandle'
import type { EngineMethods } from '../../../src/shared/contracts/engine/engineApi'
import { type Channel, type RpcHandlers, serveRpc } from '../../../src/shared/rpc'
import { channelPair } from './engineChannel'

/** A fake worker whose engine runs in this thread, so that a test needs no second thread and no second model. */
export class InThreadWorker implements EngineWorker {
  readonly channel: Channel
  isTerminated = false
  private readonly listeners: ((reason: Error) => void)[] = []

  constructor(handlers: RpcHandlers<EngineMethods>) {
    const [callersEnd, enginesEnd] = channelPair()
    serveRpc<EngineMethods>(enginesEnd, handlers)
    this.channel = callersEnd
  }

  onStop(listener: (reason: Error) => void): void {
    this.listeners.push(listener)
  }

  /** Ends the worker as a crash of its thread does. */
  crash(reason: Error): void {
    for (const listener of this.listeners) listener(reason)
  }

  /** As in a real thread, the listeners are called in a later macrotask. */
  async terminate(): Promise<void> {
    this.isTerminated = true
    await setImmediate()
    this.crash(new Error('the worker was terminated'))
  }
}
