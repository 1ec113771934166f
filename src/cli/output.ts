import type { Writable } from 'node:stream'

/** Resolves once all of `text` has been handed over: a pipe is given time to take it. */
export function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Whoever read our output has enough of it (`| head`): no reason to complain. */
export function isClosedPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EPIPE'
}

/** On one line, without a character that could steer the terminal: names come from files that anyone may have made. */
export function oneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(
      /[\p{C}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
    )
}

/** One line on a terminal that is written over and finally wiped; nothing where stderr is no terminal. */
export class ProgressLine {
  private shown = ''

  constructor(private readonly stream: NodeJS.WriteStream) {}

  show(line: string): void {
    if (!this.stream.isTTY || line === this.shown) return
    this.stream.write(`\r\u001b[K${oneLine(line)}`)
    this.shown = line
  }

  clear(): void {
    if (this.shown !== '') this.stream.write('\r\u001b[K')
    this.shown = ''
  }
}
