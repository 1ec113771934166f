import type { Readable } from 'node:stream'
import type { EngineHandle } from '../engine/client/engineHandle'
import type { EngineOptions } from '../engine/contract/engineOptions'
import type { OutputStream } from './output'

/** The process in which a command runs. */
export interface CliEnvironment {
  readonly stdin: Readable
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The folder of the package, with `dist` and `media`. */
  readonly packageFolder: string
  /** Creates an engine, which a command disposes of. */
  readonly createEngine: (options: EngineOptions) => Pick<EngineHandle, 'api' | 'dispose'>
}
