import type { BaselineModel } from '../../shared/contracts/engineApi'

/** A model that can be unloaded. */
interface Releasable {
  release(): Promise<void>
}

interface Entry<Model> {
  readonly key: string
  readonly model: Promise<Model>
  /** Number of calls that use it now. */
  users: number
}

/** The model that the engine's own is compared with: at most one is kept, because it takes memory. */
export class BaselineModels<Model extends Releasable> {
  private current: Entry<Model> | undefined

  constructor(private readonly load: (baseline: BaselineModel) => Promise<Model>) {}

  /**
   * Runs `work` with a model, which is loaded in place of the one before if necessary.
   * @throws what loading the model throws
   */
  async use<T>(baseline: BaselineModel, work: (model: Model) => Promise<T>): Promise<T> {
    const entry = this.entryOf(baseline)
    entry.users++
    try {
      return await work(await entry.model)
    } finally {
      entry.users--
      if (entry !== this.current) await releaseUnused(entry)
    }
  }

  /** Unloads the model, when no call uses it any more. */
  async release(): Promise<void> {
    const before = this.current
    this.current = undefined
    if (before !== undefined) await releaseUnused(before)
  }

  private entryOf(baseline: BaselineModel): Entry<Model> {
    const key = JSON.stringify([baseline.location, baseline.precision])
    if (this.current?.key === key) return this.current
    // The memory of the one before is needed.
    const model = this.release().then(() => this.load(baseline))
    const entry = { key, model, users: 0 }
    model.catch(() => {
      if (this.current === entry) this.current = undefined
    })
    this.current = entry
    return entry
  }
}

async function releaseUnused({ users, model }: Entry<Releasable>): Promise<void> {
  if (users > 0) return
  await model.then(
    (loaded) => loaded.release(),
    () => undefined,
  )
}
