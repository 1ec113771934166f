import type { ModelLocation } from '../../shared/contracts/engineApi'
import type { LoadOptions } from './engineOptions'
import type { MessageEnd } from './portChannel'

/** What the engine is made with on the web. Where the window is not cross-origin isolated it has one thread. */
export interface WebEngineOptions extends Omit<LoadOptions, 'cacheFolder'> {
  readonly model: Pick<ModelLocation, 'id' | 'description'>
}

/** The worker's first message. */
export interface WorkerStart {
  readonly options: WebEngineOptions
  /** Where the worker asks for what it needs. */
  readonly resources: MessageEnd
}
