import type { Contrast } from '../../../shared/contracts/engine/explanation'
import { isSameSubject, type WhyAnswer, type WhySubject } from '../../../shared/contracts/panel/why'
import { elementAt } from '../../../shared/elementAt'
import { decodeArraysInJson, encodeArraysInJson } from './arraysInJson'

/** The format's name for what the token is contrasted with is older than the product's. */
interface StoredAnswer extends Omit<WhyAnswer, 'subject'> {
  readonly subject: Omit<WhySubject, 'contrast'> & { readonly against: Contrast }
}

/** An answer and the number of its file. */
interface SavedAnswer {
  readonly file: number
  readonly answer: WhyAnswer
}

/**
 * The files of a run's answers, one for each. Only answers that have changed are written. The file of an answer that the run
 * has dropped is used for another one, so that the folder does not grow.
 */
export class StoredWhy {
  private saved: readonly SavedAnswer[] = []

  /** The number of each answer's file. */
  filesOf(answers: readonly WhyAnswer[]): readonly number[] {
    const kept = answers.map(
      ({ subject }) => this.saved.find(({ answer }) => isSameSubject(answer.subject, subject))?.file,
    )
    const used = new Set(kept)
    let next = 0
    return kept.map((file) => {
      if (file !== undefined) return file
      while (used.has(next)) next++
      return next++
    })
  }

  async write(
    answers: readonly WhyAnswer[],
    write: (name: string, content: Uint8Array) => PromiseLike<void>,
  ): Promise<void> {
    const files = this.filesOf(answers)
    const before = new Map(this.saved.map(({ file, answer }) => [file, answer]))
    for (const [i, answer] of answers.entries()) {
      const file = elementAt(files, i)
      if (before.get(file) !== answer) await write(nameOf(file), encodeArraysInJson(toStored(answer)))
    }
    this.saved = answers.map((answer, i) => ({ answer, file: elementAt(files, i) }))
  }

  /** Answers whose file is missing or incomplete are omitted; the panel requests them again. */
  async read(
    files: readonly number[],
    read: (name: string) => PromiseLike<Uint8Array>,
  ): Promise<readonly WhyAnswer[]> {
    const answers = await Promise.allSettled(
      files.map(async (file): Promise<SavedAnswer> => {
        return { file, answer: fromStored(decodeArraysInJson(await read(nameOf(file))) as StoredAnswer) }
      }),
    )
    this.saved = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    return this.saved.map(({ answer }) => answer)
  }
}

function toStored({ subject: { contrast, ...subject }, ...answer }: WhyAnswer): StoredAnswer {
  return { ...answer, subject: { ...subject, against: contrast } }
}

function fromStored({ subject: { against, ...subject }, ...answer }: StoredAnswer): WhyAnswer {
  return { ...answer, subject: { ...subject, contrast: against } }
}

function nameOf(file: number): string {
  return `why-${file}`
}
