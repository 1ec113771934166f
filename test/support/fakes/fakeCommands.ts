import type { Commands } from '../../../src/companion/commandLink'

/** Commands as VS Code has them between two extension hosts: in order, in a later macrotask, bytes as they are, the rest as JSON. */
export class FakeCommands implements Commands {
  private readonly registered = new Map<string, (...args: unknown[]) => unknown>()
  private readonly muted = new Set<string>()
  private isDead = false

  register(command: string, run: (...args: unknown[]) => unknown): { dispose(): void } {
    if (this.registered.has(command)) throw new Error(`command ${command} already exists`)
    this.registered.set(command, run)
    return { dispose: () => this.registered.delete(command) }
  }

  /** From now on nothing is answered, nor refused. */
  die(): void {
    this.isDead = true
  }

  /** From now on this one is not answered, nor refused. */
  mute(command: string): void {
    this.muted.add(command)
  }

  async execute(command: string, ...args: unknown[]): Promise<unknown> {
    const crossing = args.map((arg) => (arg instanceof ArrayBuffer ? arg.slice(0) : crossed(arg)))
    await new Promise(setImmediate)
    if (this.isDead || this.muted.has(command)) return new Promise(() => undefined)
    const run = this.registered.get(command)
    if (run === undefined) throw new Error(`command '${command}' not found`)
    return crossed(await run(...crossing))
  }
}

function crossed(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
