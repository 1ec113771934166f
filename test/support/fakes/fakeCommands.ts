import type { Commands } from '../../../src/companion/commandLink'

/**
 * Commands as VS Code transports them between two extension hosts: in order, in a later macrotask, ArrayBuffers
 * unchanged and other values as JSON.
 */
export class FakeCommands implements Commands {
  private readonly registered = new Map<string, (...args: unknown[]) => unknown>()
  private readonly silent = new Set<string>()
  private hasCrashed = false

  register(command: string, run: (...args: unknown[]) => unknown): { dispose(): void } {
    if (this.registered.has(command)) throw new Error(`command ${command} already exists`)
    this.registered.set(command, run)
    return { dispose: () => this.registered.delete(command) }
  }

  /** Leaves every later call pending forever, as a crashed host does. */
  crash(): void {
    this.hasCrashed = true
  }

  /** Leaves every later call of this command pending forever. */
  silence(command: string): void {
    this.silent.add(command)
  }

  async execute(command: string, ...args: unknown[]): Promise<unknown> {
    const received = args.map((arg) => (arg instanceof ArrayBuffer ? arg.slice(0) : throughJson(arg)))
    await new Promise(setImmediate)
    if (this.hasCrashed || this.silent.has(command)) return new Promise(() => undefined)
    const run = this.registered.get(command)
    if (run === undefined) throw new Error(`command '${command}' not found`)
    return throughJson(await run(...received))
  }
}

function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
