/** One replacement of a document's text, as VS Code reports it: in UTF-16 units of the text before the edit. */
export interface TextEdit {
  readonly rangeOffset: number
  readonly rangeLength: number
  readonly text: string
}
