import type { ModelLocation } from '../../shared/contracts/engineApi'
import type { LoadOptions } from './engineOptions'
import type { MessageEnd } from './portChannel'

/** Options of an engine on the web. In a window that is not cross-origin isolated it uses one thread. */
export interface WebEngineOptions extends Omit<LoadOptions, 'cacheFolder'> {
  readonly model: Pick<ModelLocation, 'id' | 'description'>
}

/** The worker's first message. */
export interface WorkerStart {
  readonly options: WebEngineOptions
  /** The port for `ResourceMethods`, which the worker calls. */
  readonly resources: MessageEnd
}
