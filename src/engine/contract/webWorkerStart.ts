import type { ModelLocation } from '../../shared/contracts/engine/engineApi'
import type { Backend } from '../../shared/contracts/engine/prediction'
import type { LoadOptions } from './engineOptions'
import type { MessageEnd } from './portChannel'

/** The backends of an engine's worker in a browser. */
export type WebBackend = Exclude<Backend, 'native'>

/** Options of an engine on the web. In a window that is not cross-origin isolated it uses one thread. */
export interface WebEngineOptions extends Omit<LoadOptions, 'backend' | 'cacheFolder'> {
  readonly backend: WebBackend
  readonly model: Pick<ModelLocation, 'id' | 'description'>
}

/** The worker's first message. */
export interface WorkerStart {
  readonly options: WebEngineOptions
  /** The port for `ResourceMethods`, which the worker calls. */
  readonly resources: MessageEnd
}
