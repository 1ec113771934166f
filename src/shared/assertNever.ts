/** The default case of a `switch` over a union: a missing case is a compiler error. */
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`)
}
