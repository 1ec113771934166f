import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64 } from '../../shared/text/base64'

/** SHA-256 of a text in Base64; tells whether a document's text has changed. */
export function digestOf(text: string): string {
  return toBase64(sha256(new TextEncoder().encode(text)))
}
