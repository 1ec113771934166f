import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { RpcMessage } from '../../../shared/rpc'
import type { EngineOptions } from '../../contract/engineOptions'
import type { EngineWorker } from '../engineHandle'

/** An engine's worker that is a process. */
export interface EngineProcess extends EngineWorker {
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined
  /** The last error output so far. */
  errorOutput(): string
}

interface ProcessOptions {
  /** The second argument of the process: what it does instead of being an engine. */
  readonly task?: string
  /** Environment variables in addition to those of this process. */
  readonly variables?: Readonly<Record<string, string>>
}

/** Characters of the process's last error output that are kept for the reason of its end. */
const MAX_ERROR_OUTPUT = 2_000

/**
 * ONNX Runtime only logs errors of the graphics adapter, such as a lack of its memory, and continues with wrong numbers. The
 * process is ended then.
 */
const ADAPTER_FAILURE = /WebGPU device (error|lost) ?\(.*/

/**
 * Starts the engine on the native runtime, in a process of its own: a crash of native code then ends one request and not
 * the extension host.
 */
export function spawnProcess(
  options: EngineOptions,
  { task, variables }: ProcessOptions = {},
): EngineProcess {
  const script = join(options.assetsFolder, 'engineProcess.js')
  const child = fork(script, [JSON.stringify(options), ...(task === undefined ? [] : [task])], {
    // The advanced format keeps typed arrays.
    serialization: 'advanced',
    // A debugger's arguments would make the process wait for the same port.
    execArgv: [],
    // In VS Code the executable is Electron, which runs a script only with this variable.
    env: { ...process.env, ...variables, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errorOutput = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorOutput = (errorOutput + text).slice(-MAX_ERROR_OUTPUT)
    if (ADAPTER_FAILURE.test(errorOutput)) child.kill('SIGKILL')
  })
  const ended = new Promise<Error>((resolve) => {
    child.on('error', (error) => {
      // Only a process that could not be started does not close.
      if (child.pid === undefined) resolve(error)
    })
    // Not `exit`, which may come before the last error output.
    child.on('close', (code, signal) => {
      resolve(endOf({ code, signal, errorOutput }))
    })
  })
  return {
    pid: child.pid,
    errorOutput: () => errorOutput,
    channel: {
      send: (message) => {
        // A failure to send means that the process has ended, which `onStop` reports.
        child.send(message, () => undefined)
      },
      onMessage: (listener) => {
        child.on('message', (message) => {
          listener(message as RpcMessage)
        })
      },
    },
    onStop: (listener) => {
      void ended.then(listener)
    },
    terminate: async () => {
      // Not SIGTERM, which waits until the process has finished its step.
      child.kill('SIGKILL')
      await ended
    },
  }
}

function endOf({
  code,
  signal,
  errorOutput,
}: {
  readonly code: number | null
  readonly signal: string | null
  readonly errorOutput: string
}): Error {
  const [failure] = ADAPTER_FAILURE.exec(errorOutput) ?? []
  const how = signal === null ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`
  const reason = failure === undefined ? `its process ${how}` : `the graphics adapter failed, ${failure}`
  return new Error([reason, errorOutput.trim()].filter(Boolean).join('\n'))
}
