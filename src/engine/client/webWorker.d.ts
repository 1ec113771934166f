// As much of a browser's workers as the engine takes: TypeScript has them in its library for browsers only.

declare class Worker {
  constructor(url: string)
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onerror: ((event: { readonly message?: string }) => void) | null
  postMessage(message: unknown, transfer?: readonly object[]): void
  terminate(): void
}

/** The global object of a worker. */
declare const self: {
  onmessage: ((event: { readonly data: unknown }) => void) | null
  postMessage(message: unknown, transfer?: readonly object[]): void
  readonly crossOriginIsolated: boolean
}
