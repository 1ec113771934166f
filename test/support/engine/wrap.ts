/** Puts a function around a method of every object with this prototype. */
export function wrap<T, K extends keyof T>(prototype: T, name: K, around: (method: T[K]) => T[K]): void {
  prototype[name] = around(prototype[name])
}
