import { type Channel, type RpcMessage, serveRpc } from '../../../shared/rpc'
import type { EngineWorker } from '../engineHandle'
import { connectedEnds, transferringChannel, portChannel } from '../../contract/portChannel'
import type { WebEngineOptions, WorkerStart } from '../../contract/webWorkerStart'
import type { ResourceMethods, WorkerResources } from '../../contract/workerResources'

/**
 * Starts the engine's worker in a browser. The script is loaded from a blob, because some hosts reject other URLs. The
 * worker requests its files from `resources`, the model with the first call that needs it.
 */
export function spawnWorker(options: WebEngineOptions, resources: WorkerResources): EngineWorker {
  return new StartingWorker(options, resources)
}

/** A worker whose script may still be loading: messages wait until it has started. */
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
      this.end(new Error(`the engine’s worker failed: ${message ?? 'unknown error'}`))
    }
    const [resourcesEnd, workersEnd] = connectedEnds()
    serveRpc<ResourceMethods>(transferringChannel(resourcesEnd), {
      asset: (name) => resources.asset(name),
      model: ({ id }) => resources.modelOf(id).model(),
      part: ({ id, file, index }) => resources.modelOf(id).part(file, index),
    })
    worker.postMessage({ options, resources: workersEnd } satisfies WorkerStart, [workersEnd])
    this.ready = portChannel(worker)
    this.ready.onMessage((message) => {
      // The worker has answered, so its script is loaded.
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
