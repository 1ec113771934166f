import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module'
import { dirname, resolve } from 'node:path'

/** A place in a file; lines and columns count from 0, as in the DevTools protocol. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface BundlePosition {
  readonly lineNumber: number
  readonly columnNumber: number
}

/** A bundle with its source map, as a debugger uses them. */
export class Bundle {
  private readonly map: SourceMap
  private readonly lines: readonly string[]

  /** @throws Error when the bundle does not name its source map, or the map is missing */
  constructor(readonly path: string) {
    const code = readFileSync(path, 'utf8')
    const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(code)?.[1]
    if (url === undefined) throw new Error(`${path} names no source map.`)
    this.map = new SourceMap(JSON.parse(readSourceMap(path, url)) as SourceMapPayload)
    this.lines = code.split('\n')
  }

  /** The first position of the bundle whose source is this place. */
  positionOf({ file, line }: Place): BundlePosition {
    for (const [lineNumber, text] of this.lines.entries()) {
      const columnNumber = text.search(/\S/)
      const source = columnNumber < 0 ? undefined : this.sourceOf({ lineNumber, columnNumber })
      if (source?.file === file && source.line === line) return { lineNumber, columnNumber }
    }
    throw new Error(`${this.path} has no code of line ${line + 1} of ${file}.`)
  }

  sourceOf({ lineNumber, columnNumber }: BundlePosition): Place | undefined {
    // Code that esbuild adds has no source: its entry is empty or has no file.
    const { originalSource, originalLine }: Partial<SourceMapping> = this.map.findEntry(
      lineNumber,
      columnNumber,
    )
    if (originalSource === undefined || originalLine === undefined) return undefined
    return { file: resolve(dirname(this.path), originalSource), line: originalLine }
  }
}

/** @param url a data URL, or relative to the bundle */
function readSourceMap(bundle: string, url: string): string {
  const inline = /^data:application\/json;base64,(.*)$/.exec(url)?.[1]
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8')
  return readFileSync(resolve(dirname(bundle), url), 'utf8')
}

/** The first line of a file that contains this text. */
export function placeOf(file: string, text: string): Place {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((content) => content.includes(text))
  if (line < 0) throw new Error(`${file} does not contain: ${text}`)
  return { file, line }
}
