import type { Hub } from '../hub/download'
import type { PinnedModel } from '../registry'
import type { ModelState, StoredModel, StoreOptions } from './storeState'

/** Stores the models of the registry: on a machine's disk or in a browser's storage. */
export interface PinnedModelStore {
  readonly models: readonly PinnedModel[]
  /** Undefined if the registry has no such model. */
  find(id: string): PinnedModel | undefined
  /** Where an installed model is stored, as text for the user. */
  folderOf(model: PinnedModel): string
  list(): Promise<StoredModel[]>
  stateOf(model: PinnedModel): Promise<ModelState>
  /** Downloads what is missing of the model, and verifies it. */
  install(model: PinnedModel, hub: Hub, options: StoreOptions): Promise<void>
  /** Compares the installed model with the pinned digest; deletes it if they differ. */
  verify(model: PinnedModel, options: StoreOptions): Promise<void>
  /** Deletes the model and an unfinished download of it. */
  delete(model: PinnedModel, options: StoreOptions): Promise<void>
  /** Cleans up after interrupted operations; never rejects. */
  tidyUp(): Promise<void>
}
