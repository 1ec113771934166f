// The part of a browser's worker API that the engine uses. TypeScript declares it only in its library for browsers,
// which declares too much for a host without a page.

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
