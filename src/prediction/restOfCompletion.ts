import type { Completion } from './completion'

/**
 * What is left of each candidate, most probable first, where a text has gone on as it says: some of it was typed or
 * accepted. Undefined where the text has gone on otherwise, or has no more to come.
 */
export function restOfCompletion(
  { request, candidates }: Completion,
  text: string,
): readonly string[] | undefined {
  if (!text.startsWith(request.text)) return undefined
  const added = text.slice(request.text.length)
  const rests = candidates
    .filter((candidate) => candidate.text.startsWith(added))
    .map((candidate) => candidate.text.slice(added.length))
    .filter((rest) => rest !== '')
  return rests.length === 0 ? undefined : rests
}
