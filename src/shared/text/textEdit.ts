/** One replacement of a document's text, as VS Code tells of it: in UTF-16 units of the text before it. */
export interface TextEdit {
  readonly rangeOffset: number
  readonly rangeLength: number
  readonly text: string
}
