import { VSIX } from '../../../scripts/paths.mjs'
import { type Manifest, startVscodeHost, type VscodeHost } from '../../hosts/vscodeHost.mjs'

/**
 * Windows have only the built-in extensions without code: languages and themes. The others take a third of the processor
 * time of a window, for example TypeScript's servers, and no test is about them.
 */
export const hasCode = ({ main, browser }: Manifest): boolean => main !== undefined || browser !== undefined

export interface CodeServerOptions {
  /** The port of this machine that windows expect the hub on. */
  readonly hubPort: number
  /** Folders of extensions to install besides the packaged Logitscope. */
  readonly extensions?: readonly string[]
}

/** Starts VS Code as a server with the packaged extension. The caller disposes it. */
export function startCodeServer({ hubPort, extensions = [] }: CodeServerOptions): Promise<VscodeHost> {
  return startVscodeHost({
    vsix: VSIX,
    extensions: [...extensions],
    leavesOut: hasCode,
    machineSettings: { 'logitscope.hubEndpoint': `http://127.0.0.1:${hubPort}` },
  })
}
