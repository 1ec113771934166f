import type { BaselineModel } from '../../shared/contracts/engine/engineApi'
import { CancelledError } from '../../shared/errors'

/** A model that can be unloaded. */
interface Releasable {
  release(): Promise<void>
}

interface Entry<Model> {
  readonly key: string
  readonly model: Promise<Model>
  /** Ends the load. */
  readonly loading: AbortController
  /** The model when it is loaded. */
  loaded?: Model
  /** Number of calls that wait for the load. */
  waiting: number
  /** Resolves when no call uses the model. */
  unused: Promise<unknown>
}

/** The model that the engine's own is compared with: at most one is in memory. */
export class BaselineModels<Model extends Releasable> {
  private current: Entry<Model> | undefined
  /** Resolves when all models before `current` are unloaded. */
  private unloaded: Promise<unknown> = Promise.resolve()

  /** @param load rejects soon after the signal aborts, and then has freed what it loaded */
  constructor(private readonly load: (baseline: BaselineModel, signal: AbortSignal) => Promise<Model>) {}

  /**
   * Runs `work` with a model. If another one is loaded, waits until no call uses that one, and unloads it first. The load
   * ends if every call that waits for it is cancelled.
   * @throws what loading the model throws, CancelledError
   */
  async use<T>(baseline: BaselineModel, signal: AbortSignal, work: (model: Model) => Promise<T>): Promise<T> {
    // A load for a call that is cancelled already would not end, because its signal aborts no more.
    signal.throwIfAborted()
    const entry = this.entryOf(baseline)
    const used = this.awaitLoad(entry, signal).then(work)
    // Without the results, which would stay in memory.
    entry.unused = Promise.allSettled([entry.unused, used]).then(() => undefined)
    return used
  }

  /** The model that is in memory. */
  get loaded(): Model | undefined {
    return this.current?.loaded
  }

  /** Whether the model is loaded or being loaded. */
  has(baseline: BaselineModel): boolean {
    return this.current?.key === keyOf(baseline)
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
    const key = keyOf(baseline)
    if (this.current?.key === key) return this.current
    const loading = new AbortController()
    // The memory of the one before is needed.
    const model = this.release().then(() => {
      loading.signal.throwIfAborted()
      return this.load(baseline, loading.signal)
    })
    const entry: Entry<Model> = { key, model, loading, waiting: 0, unused: Promise.resolve() }
    model.then(
      (loaded) => {
        entry.loaded = loaded
      },
      () => {
        if (this.current === entry) this.current = undefined
      },
    )
    this.current = entry
    return entry
  }

  private async awaitLoad(entry: Entry<Model>, signal: AbortSignal): Promise<Model> {
    const leave = () => {
      if (--entry.waiting > 0) return
      entry.loading.abort(new CancelledError())
      // The next call loads the model again, after this load has ended.
      if (this.current === entry) void this.release()
    }
    entry.waiting++
    signal.addEventListener('abort', leave, { once: true })
    try {
      const model = await entry.model
      signal.throwIfAborted()
      return model
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}

function keyOf({ location, precision }: BaselineModel): string {
  return JSON.stringify([location, precision])
}

async function unload({ unused, model }: Entry<Releasable>): Promise<void> {
  await unused
  await model.then(
    (loaded) => loaded.release(),
    () => undefined,
  )
}
