import type { BaselineModel } from '../../shared/contracts/engineApi'

/** A model that can be unloaded. */
interface Releasable {
  release(): Promise<void>
}

interface Entry<Model> {
  readonly key: string
  readonly model: Promise<Model>
  /** Resolves when no call uses the model. */
  unused: Promise<unknown>
}

/** The model that the engine's own is compared with: at most one is in memory. */
export class BaselineModels<Model extends Releasable> {
  private current: Entry<Model> | undefined
  /** Resolves when all models before `current` are unloaded. */
  private unloaded: Promise<unknown> = Promise.resolve()

  constructor(private readonly load: (baseline: BaselineModel) => Promise<Model>) {}

  /**
   * Runs `work` with a model. If another one is loaded, waits until no call uses that one, and unloads it first.
   * @throws what loading the model throws
   */
  use<T>(baseline: BaselineModel, work: (model: Model) => Promise<T>): Promise<T> {
    const entry = this.entryOf(baseline)
    const used = entry.model.then(work)
    // Without the results, which would stay in memory.
    entry.unused = Promise.allSettled([entry.unused, used]).then(() => undefined)
    return used
  }

  /** Unloads the model, when no call uses it any more. */
  async release(): Promise<void> {
    const before = this.current
    this.current = undefined
    if (before !== undefined)
      this.unloaded = Promise.allSettled([this.unloaded, unload(before)]).then(() => undefined)
    await this.unloaded
  }

  private entryOf(baseline: BaselineModel): Entry<Model> {
    const key = JSON.stringify([baseline.location, baseline.precision])
    if (this.current?.key === key) return this.current
    // The memory of the one before is needed.
    const model = this.release().then(() => this.load(baseline))
    const entry = { key, model, unused: Promise.resolve() }
    model.catch(() => {
      if (this.current === entry) this.current = undefined
    })
    this.current = entry
    return entry
  }
}

async function unload({ unused, model }: Entry<Releasable>): Promise<void> {
  await unused
  await model.then(
    (loaded) => loaded.release(),
    () => undefined,
  )
}
