/** Subscribes to an event; the result ends the subscription. */
export type Event<T> = (listener: (value: T) => void) => { dispose(): void }

/** An event that also exists outside of VS Code: in threads, in the command line and in tests. */
export class Emitter<T> {
  private readonly listeners = new Set<(value: T) => void>()

  readonly event: Event<T> = (listener) => {
    this.listeners.add(listener)
    return { dispose: () => this.listeners.delete(listener) }
  }

  /** Calls the listeners in the order of their subscription. */
  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value)
  }

  /** Ends all subscriptions. */
  dispose(): void {
    this.listeners.clear()
  }
}
