import { createHash } from 'node:crypto'

/** Tells whether a document still has the text that it had. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
