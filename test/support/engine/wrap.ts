/** Replaces a method of every object with this prototype by one that `around` makes from it. */
export function wrap<T, K extends keyof T>(prototype: T, name: K, around: (method: T[K]) => T[K]): void {
  prototype[name] = around(prototype[name])
}
