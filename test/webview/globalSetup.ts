import type { TestProject } from 'vitest/node'

import { type PanelServerAddress, startPanelServer } from '../support/panel/panelServer'

declare module 'vitest' {
  interface ProvidedContext {
    panelServer: PanelServerAddress
  }
}

/** Starts the browser and the panel's server once for all test files of this folder. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPanelServer()
  project.provide('panelServer', server.address)
  return () => server.close()
}
