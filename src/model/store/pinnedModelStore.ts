import type { Hub } from '../hub/download'
import type { PinnedModel } from '../registry'
import type { ModelState, StoredModel, StoreOptions } from './storeState'

/** The models of the registry as they are kept: on a machine's disk, or in a browser's storage. */
export interface PinnedModelStore {
  readonly models: readonly PinnedModel[]
  /** Undefined where the registry has no such model. */
  find(id: string): PinnedModel | undefined
  /** Where the model lies when it is installed, for people. */
  folderOf(model: PinnedModel): string
  list(): Promise<StoredModel[]>
  stateOf(model: PinnedModel): Promise<ModelState>
  /** Downloads what is missing of the model, and verifies it. */
  install(model: PinnedModel, hub: Hub, options: StoreOptions): Promise<void>
  /** Compares what is kept with the pinned digest; deletes it where it differs. */
  verify(model: PinnedModel, options: StoreOptions): Promise<void>
  /** Deletes the model, and what there is of a download. */
  delete(model: PinnedModel, options: StoreOptions): Promise<void>
  /** Ends what was left half done; never rejects. */
  tidyUp(): Promise<void>
}
