/** Encodes a few bytes as Base64. Each byte is an argument of a function call, so long arrays exceed the stack. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
