/** A file or folder that was renamed, moved or deleted; URIs as `Uri.toString()` writes them. */
export interface FileMove {
  readonly from: string
  /** Undefined if it was deleted. */
  readonly to: string | undefined
}

/**
 * Returns the URI of a file after a move: the same one if the move is about another file, undefined if the file was
 * deleted. VS Code reports only the folder if a folder was moved, so a folder's move applies to all files in it.
 */
export function uriAfterMove(uri: string, { from, to }: FileMove): string | undefined {
  const isInside = uri.startsWith(from.endsWith('/') ? from : `${from}/`)
  if (uri !== from && !isInside) return uri
  return to === undefined ? undefined : to + uri.slice(from.length)
}
