import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64 } from '../shared/text/base64'

/** Tells whether a document still has the text that it had. */
export function digestOf(text: string): string {
  return toBase64(sha256(new TextEncoder().encode(text)))
}
