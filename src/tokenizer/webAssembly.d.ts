// As much of the WebAssembly API as loading tiktoken takes: TypeScript has it in its library for browsers only.

declare namespace WebAssembly {
  interface Imports {
    readonly [module: string]: unknown
  }
  interface Instance {
    readonly exports: object
  }
  interface WebAssemblyInstantiatedSource {
    readonly instance: Instance
  }
  function instantiate(bytes: Uint8Array, imports: Imports): Promise<WebAssemblyInstantiatedSource>
}
