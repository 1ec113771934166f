import type { Completion } from './completion'

/**
 * The rest of each candidate, most probable first, after the user typed or accepted a part of it.
 * Undefined if the text differs from every candidate, or no candidate has a rest.
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
