import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seededRandom } from '../../src/engine/generation/seededRandom'

/** UTF-16 units of most texts, and of every LONG_EVERY-th one, which has several steps and windows. */
const SHORT = { min: 10, max: 100 }
const LONG = { min: 400, max: 2400 }
const LONG_EVERY = 20
const HARD_TEXT = '日本語 👩‍👩‍👧 \ud800 naïve\r\n\t<|endoftext|>\n'

/** Texts that all differ, the same in every run: parts of the repository's sources and documents. */
export class VariedTexts {
  private readonly random = seededRandom(15)
  private count = 0

  private constructor(private readonly corpus: string) {}

  static async of(repository: string): Promise<VariedTexts> {
    const names = (
      await Promise.all(
        ['src', 'docs'].map(async (folder) =>
          (await readdir(join(repository, folder), { recursive: true })).map((name) => join(folder, name)),
        ),
      )
    ).flat()
    const files = names.filter((name) => /\.(?:ts|md)$/.test(name)).sort()
    const contents = await Promise.all(files.map((name) => readFile(join(repository, name), 'utf8')))
    return new VariedTexts(contents.join(HARD_TEXT))
  }

  next(): string {
    const isLong = ++this.count % LONG_EVERY === 0
    return isLong ? this.long() : `${this.count} ${this.part(SHORT)}`
  }

  long(): string {
    return this.part(LONG)
  }

  /** 0 to `end` − 1. */
  offset(end: number): number {
    return Math.floor(this.random() * end)
  }

  private part({ min, max }: { readonly min: number; readonly max: number }): string {
    const start = this.offset(this.corpus.length - max)
    return this.corpus.slice(start, start + min + this.offset(max - min))
  }
}
