/** The methods of the native process when it is started to look for a graphics adapter instead of as an engine. */
export interface AdapterMethods {
  /**
   * Opens the adapter that the native library chooses. The result is the absolute paths of all libraries that the process has
   * then loaded, the graphics driver's among them. Rejects with WebGpuUnavailableError if there is no adapter.
   */
  openAdapter: { request: undefined; progress: never; result: readonly string[] }
}

/** The argument with which the engine's process answers these methods. */
export const ADAPTER = 'adapter'
