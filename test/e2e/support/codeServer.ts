import { VSIX } from '../../../scripts/paths.mjs'
import { startVscodeHost, type VscodeHost } from '../../hosts/vscodeHost.mjs'

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
    machineSettings: { 'logitscope.hubEndpoint': `http://127.0.0.1:${hubPort}` },
  })
}
