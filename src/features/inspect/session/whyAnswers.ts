import { isSameSubject, type WhyAnswer } from '../../../shared/contracts/panel/why'

/** The answers of a run take at most this many bytes, except that the newest one is always kept. */
const MAX_BYTES = 8_000_000

/** The answers with `answer`, newest last, in place of the one about the same subject; old ones are dropped. */
export function keepWhyAnswer(answers: readonly WhyAnswer[], answer: WhyAnswer): readonly WhyAnswer[] {
  const others = answers.filter(({ subject }) => !isSameSubject(subject, answer.subject))
  let room = MAX_BYTES - bytesOf(answer)
  const firstTooLarge = others.findLastIndex((other) => {
    room -= bytesOf(other)
    return room < 0
  })
  return [...others.slice(firstTooLarge + 1), answer]
}

/** The size of the arrays that grow with the text. */
function bytesOf({ window, attribution }: WhyAnswer): number {
  return window.inputIds.byteLength + (attribution?.sources.byteLength ?? 0)
}
