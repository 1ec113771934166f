import { type Channel, type RpcMessage, serveRpc } from '../../shared/rpc'
import type { EngineWorker } from './engineHandle'
import { connectedEnds, givingChannel, portChannel } from '../contract/portChannel'
import type { WebEngineOptions, WorkerStart } from '../contract/webWorkerStart'
import type { ResourceMethods, WorkerResources } from '../contract/workerResources'

/**
 * Starts the engine's worker in a browser, from a blob: some hosts refuse addresses.
 * What it needs it asks `resources` for, the model with the first call that takes one.
 */
export function spawnWorker(options: WebEngineOptions, resources: WorkerResources): EngineWorker {
  return new StartingWorker(options, resources)
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

  constructor(options: WebEngineOptions, resources: WorkerResources) {
    this.start(options, resources).catch((error: unknown) => {
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

  private async start(options: WebEngineOptions, resources: WorkerResources): Promise<void> {
    const script = await resources.asset('engineWorker.web.js')
    if (this.hasEnded) return
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    const worker = new Worker(url)
    this.worker = worker
    worker.onerror = ({ message }) => {
      this.end(new Error(`the engine’s worker failed: ${message ?? 'for no known reason'}`))
    }
    const [resourcesEnd, workersEnd] = connectedEnds()
    serveRpc<ResourceMethods>(givingChannel(resourcesEnd), {
      asset: (name) => resources.asset(name),
      model: () => resources.model(),
      part: ({ file, index }) => resources.part(file, index),
    })
    worker.postMessage({ options, resources: workersEnd } satisfies WorkerStart, [workersEnd])
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
