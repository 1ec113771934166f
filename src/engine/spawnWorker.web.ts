import type { ModelLocation } from '../shared/engineApi'
import { type Channel, type RpcMessage, serveRpc } from '../shared/rpc'
import type { EngineWorker } from './engineHandle'
import type { LoadOptions } from './engineOptions'
import { connectedEnds, givingChannel, type MessageEnd, portChannel } from './portChannel'
import type { SupplyMethods, WorkerSupplies } from './workerSupplies'

/** What the engine is made with on the web. Where the window is not cross-origin isolated it has one thread. */
export interface WebEngineOptions extends Omit<LoadOptions, 'cacheFolder'> {
  readonly model: Pick<ModelLocation, 'id' | 'description'>
}

/** The worker's first message. */
export interface WorkerStart {
  readonly options: WebEngineOptions
  /** Where the worker asks for what it needs. */
  readonly supplies: MessageEnd
}

/**
 * Starts the engine's worker in a browser, from a blob: some hosts refuse addresses.
 * What it needs it asks `supplies` for, the model with the first call that takes one.
 */
export function spawnWorker(options: WebEngineOptions, supplies: WorkerSupplies): EngineWorker {
  return new StartingWorker(options, supplies)
}

/** A worker whose script is still to come: what is sent to it meanwhile waits. */
class StartingWorker implements EngineWorker {
  readonly channel: Channel = {
    send: (message) => {
      if (this.ready === undefined) this.waiting.push(message)
      else this.ready.send(message)
    },
    onMessage: (listener) => {
      this.onMessage = listener
    },
  }
  private readonly waiting: RpcMessage[] = []
  private onMessage: (message: RpcMessage) => void = () => undefined
  private onEnd: (reason: Error) => void = () => undefined
  private worker: Worker | undefined
  private ready: Channel | undefined
  private hasEnded = false

  constructor(options: WebEngineOptions, supplies: WorkerSupplies) {
    this.start(options, supplies).catch((error: unknown) => {
      this.end(new Error('the engine’s worker could not be started', { cause: error }))
    })
  }

  onStop(listener: (reason: Error) => void): void {
    this.onEnd = listener
  }

  terminate(): Promise<void> {
    this.end(new Error('the engine’s worker was ended'))
    return Promise.resolve()
  }

  private async start(options: WebEngineOptions, supplies: WorkerSupplies): Promise<void> {
    const script = await supplies.asset('engineWorker.web.js')
    if (this.hasEnded) return
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    const worker = new Worker(url)
    this.worker = worker
    worker.onerror = ({ message }) => {
      this.end(new Error(`the engine’s worker failed: ${message ?? 'for no known reason'}`))
    }
    const [suppliesEnd, workersEnd] = connectedEnds()
    serveRpc<SupplyMethods>(givingChannel(suppliesEnd), {
      asset: (name) => supplies.asset(name),
      model: () => supplies.model(),
      part: ({ file, index }) => supplies.part(file, index),
    })
    worker.postMessage({ options, supplies: workersEnd } satisfies WorkerStart, [workersEnd])
    this.ready = portChannel(worker)
    this.ready.onMessage((message) => {
      // It answers, so its script has been read.
      URL.revokeObjectURL(url)
      this.onMessage(message)
    })
    for (const message of this.waiting) this.ready.send(message)
  }

  private end(reason: Error): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.worker?.terminate()
    this.onEnd(reason)
  }
}
