// The header of a `.npy` file is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (7, 50257), }

/** A value of the header. A list describes a structured type, and only its presence matters. */
export type HeaderValue = string | boolean | readonly number[] | typeof STRUCTURED

/** Stands for a list, which is skipped. */
export const STRUCTURED = Symbol('structured')

/** The text is not such a dictionary. */
export class PythonLiteralError extends Error {}

/**
 * Parses a dictionary of strings, booleans, tuples of integers and lists; a duplicate key is an error. Python 2 wrote an
 * `L` after long integers. Takes time proportional to the text's length.
 * @throws PythonLiteralError
 */
export function parseHeaderDictionary(text: string): Map<string, HeaderValue> {
  return new HeaderParser(tokensOf(text)).dictionary()
}

const TOKEN = /[ \t\n\r]*(?:('[^'\\\n]*'|"[^"\\\n]*"|True|False|[0-9]+L?|[{}()[\],:]))/y

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  const end = text.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const token = TOKEN.exec(text)?.[1]
    if (token === undefined) throw new PythonLiteralError('it has a character that no header has')
    tokens.push(token)
  }
  return tokens
}

class HeaderParser {
  private next = 0

  constructor(private readonly tokens: readonly string[]) {}

  dictionary(): Map<string, HeaderValue> {
    const values = new Map<string, HeaderValue>()
    this.expect('{')
    while (!this.skip('}')) {
      const key = stringOf(this.take())
      if (key === undefined || values.has(key))
        throw new PythonLiteralError('its keys are not different strings')
      this.expect(':')
      values.set(key, this.value())
      if (!this.skip(',')) {
        this.expect('}')
        break
      }
    }
    if (this.next < this.tokens.length) throw new PythonLiteralError('it continues after its dictionary')
    return values
  }

  private value(): HeaderValue {
    const token = this.take()
    switch (token) {
      case 'True':
      case 'False':
        return token === 'True'
      case '(':
        return this.integers()
      case '[':
        this.skipList()
        return STRUCTURED
      default: {
        const text = stringOf(token)
        if (text === undefined) throw new PythonLiteralError('it has a value that no header has')
        return text
      }
    }
  }

  /** The rest of a tuple. `(7)` without a comma is no tuple, but its meaning is clear. */
  private integers(): number[] {
    const integers: number[] = []
    while (!this.skip(')')) {
      const token = this.take()
      if (!/^[0-9]/.test(token)) throw new PythonLiteralError('its shape has something else than integers')
      integers.push(Number(token.replace('L', '')))
      if (!this.skip(',')) {
        this.expect(')')
        break
      }
    }
    return integers
  }

  private skipList(): void {
    for (let depth = 1; depth > 0;) {
      const token = this.take()
      if (token === '[' || token === '(') depth++
      if (token === ']' || token === ')') depth--
    }
  }

  private take(): string {
    const token = this.tokens[this.next]
    if (token === undefined) throw new PythonLiteralError('it ends inside its dictionary')
    this.next++
    return token
  }

  private skip(token: string): boolean {
    const isNext = this.tokens[this.next] === token
    if (isNext) this.next++
    return isNext
  }

  private expect(token: string): void {
    if (this.take() !== token) throw new PythonLiteralError(`it lacks a ${token}`)
  }
}

function stringOf(token: string): string | undefined {
  return /^['"]/.test(token) ? token.slice(1, -1) : undefined
}
