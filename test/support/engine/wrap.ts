/** Replaces a method of a prototype, and so of all its objects, by the result of `around(method)`. */
export function wrap<T, K extends keyof T>(prototype: T, name: K, around: (method: T[K]) => T[K]): void {
  prototype[name] = around(prototype[name])
}
