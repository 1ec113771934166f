import type { Writable } from 'node:stream'
import { isRecord } from '../../shared/isRecord'

/** An output stream that may be a terminal. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean
  /** Width of the terminal. */
  readonly columns?: number
  /** Whether the terminal supports this many colours; respects NO_COLOR and TERM. */
  hasColors?(count: number): boolean
}

/** Width of a table, in cells: that of the terminal, or 120 if the output is not a terminal. */
export function columnsOf(stream: OutputStream): number {
  return (stream.isTTY === true ? stream.columns : undefined) ?? 120
}

/** Writes all of `text`; resolves when the stream has accepted it. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Whether the reader closed the pipe (`| head`), which is not a failure. */
export function isClosedPipe(error: unknown): boolean {
  return isRecord(error) && error.code === 'EPIPE'
}

/**
 * Makes a text safe to print on one line: escapes control and formatting characters, because names from untrusted files
 * could otherwise control the terminal.
 */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(
      /[\p{C}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
    )
}

/** Shows progress on one line of a terminal, which is overwritten and finally cleared. Does nothing on other streams. */
export class ProgressLine {
  private shown = ''

  constructor(private readonly stream: OutputStream) {}

  show(line: string): void {
    if (this.stream.isTTY !== true || line === this.shown) return
    this.stream.write(`\r\u001b[K${oneLine(line)}`)
    this.shown = line
  }

  clear(): void {
    if (this.shown !== '') this.stream.write('\r\u001b[K')
    this.shown = ''
  }
}
