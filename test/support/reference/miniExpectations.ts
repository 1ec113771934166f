// The tests' expectations that depend on what the embedded model happens to predict. All of them are here.
// test/unit/support/miniExpectations.test.ts checks them; if a new version of the model fails it, choose other cases.
// Positions and places are those of sample/readConfig.ts.

/** A token and the most likely token in its place. Leading spaces and line ends are visible. */
export interface UnexpectedToken {
  readonly position: number
  readonly token: string
  readonly expected: string
}

/** The text's most surprising token; it is not among the ten most likely. */
export const MOST_SURPRISING: UnexpectedToken = { position: 63, token: '·Config', expected: '·Error' }

/** A token in whose place the model expects a line end. */
export const LINE_END_EXPECTED: UnexpectedToken = { position: 75, token: '·cause', expected: '↵' }

/** Index of that token in the list of surprising tokens, the most surprising first. */
export const LINE_END_EXPECTED_INDEX = 5

/** Three tokens of different steps: 2 (2 to 5 bits), 3 (5 to 8) and 4 (8 to 12). */
export const TOKEN_OF_STEP = { 2: 'await', 3: 'fs', 4: 'cause' } as const

/** A token of step 1, which is not coloured. */
export const EXPECTED_TOKEN = 'annot'

/** A surprising token, and line and column of its first visible character, both counted from 1. */
export interface SurprisingPlace {
  readonly token: string
  readonly line: number
  readonly column: number
}

/** Two surprising tokens (step 4 or 5) with no other between them. */
export const SURPRISING_PLACES: readonly [SurprisingPlace, SurprisingPlace] = [
  { token: 'Config', line: 1, column: 57 },
  { token: '·text', line: 2, column: 9 },
]

/** Positions of tokens whose numbers end-to-end tests read: as displayed, they equal the reference's. */
export const SHOWN_POSITIONS = [0, 4, 34, 63, 75] as const

/** The word that is out of place in sample/prose.txt. */
export const WORD_OUT_OF_PLACE = ' algebra'

/** Code for completions, with an empty last line. */
export const UNFINISHED_CODE = `import { readFile } from 'node:fs/promises'

/** Reads a JSON file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text)
  } catch (error) {
`

/** Texts, and how their greedy completions begin. */
export const COMPLETIONS = {
  halfTypedWord: { text: `${UNFINISHED_CODE}  }\n}\n\nexport async func`, completion: 'tion' },
  afterSpace: { text: `${UNFINISHED_CODE}  }\n}\n\nimport { join } `, completion: 'from' },
  keyword: { text: `${UNFINISHED_CODE}    thro`, completion: 'w' },
  contraction: { text: "It's an error that they don'", completion: 't' },
  statement: { text: `${UNFINISHED_CODE}    thr`, completion: 'ow new ' },
} as const
