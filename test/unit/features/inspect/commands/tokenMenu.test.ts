// Copy as TransformerLens: the Python lines are for the side that the view under the pointer shows.

import { beforeEach, describe, expect, it, vi } from 'vitest'
import { BaselineTextError } from '../../../../../src/features/inspect/session/baselines'
import { UNEXPLAINED } from '../../../../../src/features/inspect/session/inspectionRun'
import { TokenMenu } from '../../../../../src/features/inspect/commands/tokenMenu'
import type { BaselineSide } from '../../../../../src/prediction/compare/compareInspection'
import { START_TOKEN_ID } from '../../../../../src/shared/contracts/engine/prediction'
import type { ComparisonSide } from '../../../../../src/shared/contracts/panel/comparison'
import { elementAt } from '../../../../../src/shared/elementAt'
import type { ComparedInspection } from '../../../../../src/shared/text/comparisonText'
import { comparedModels, comparedTexts, EDIT } from '../../../../support/panel/comparedInspection'
import { readGpt2Vocabulary } from '../../../../support/texts/gpt2Vocabulary'

const editor = vi.hoisted(() => ({ copied: '', said: '' }))

vi.mock('vscode', () => ({
  env: {
    clipboard: {
      writeText: (text: string) => {
        editor.copied = text
        return Promise.resolve()
      },
    },
  },
  window: {
    setStatusBarMessage: () => undefined,
    showInformationMessage: (message: string) => {
      editor.said = message
      return Promise.resolve(undefined)
    },
  },
}))

const vocabulary = readGpt2Vocabulary()
const models = comparedModels(vocabulary)
const texts = comparedTexts(vocabulary)
/** The tokens of both models' text, and of the text that the baseline of `texts` does not have. */
const tokenIds = elementAt(models.sections, 0).tokens.map(({ tokenId }) => tokenId)
const savedIds = tokenIds.toSpliced(EDIT.onlyShown, 1, ...EDIT.onlyBaseline)
/** A token after the edit. */
const AFTER_EDIT = EDIT.onlyShown + 3

beforeEach(() => {
  editor.copied = ''
  editor.said = ''
})

describe('Copy as TransformerLens in the lens', () => {
  it('has the model of the side that the grid shows', async () => {
    const menu = menuOf(models, sideOf(tokenIds))

    await menu.copyAsTransformerLens(lensContext(3, 'baseline'))
    const baseline = editor.copied
    await menu.copyAsTransformerLens(lensContext(3, 'shown'))

    expect(baseline).toContain('# The numbers that Logitscope shows for gpt2')
    expect(baseline).toContain('from_pretrained_no_processing("gpt2"')
    expect(editor.copied).toContain('# The numbers that Logitscope shows for mini')
    expect(editor.copied).toContain('GPT2LMHeadModel.from_pretrained("mini")')
  })

  it('has the tokens of the baseline’s own text', async () => {
    const menu = menuOf(texts, sideOf(savedIds))

    await menu.copyAsTransformerLens(lensContext(AFTER_EDIT, 'baseline'))
    const baseline = copiedIds()
    await menu.copyAsTransformerLens(lensContext(AFTER_EDIT, 'shown'))

    expect(baseline).toEqual([START_TOKEN_ID, ...savedIds.slice(0, AFTER_EDIT + 1)])
    expect(copiedIds()).toEqual([START_TOKEN_ID, ...tokenIds.slice(0, AFTER_EDIT)])
  })

  it('has the baseline’s tokens in the windows of the comparison', async () => {
    const { comparison } = models
    const shown = { ...models.model, nPositions: 16 }
    const baseline = { ...models.model, id: 'gpt2', nPositions: 1024 }
    const narrow = { ...models, comparison: { ...comparison, models: { shown, baseline } } }

    await menuOf(narrow, sideOf(tokenIds)).copyAsTransformerLens(lensContext(40, 'baseline'))

    // The windows have 15 tokens after the start token and a stride of 8: token 40 is in that of the tokens 32 to 46.
    expect(copiedIds()).toEqual([START_TOKEN_ID, ...tokenIds.slice(32, 40)])
  })

  it('is refused in one sentence where the baseline does not have the token, or its text is not known', async () => {
    await menuOf(texts, sideOf(savedIds)).copyAsTransformerLens(lensContext(EDIT.onlyShown, 'baseline'))
    const missing = editor.said
    const unknown = () => {
      throw new BaselineTextError('The baseline’s text is no longer known.')
    }
    await menuOf(texts, unknown).copyAsTransformerLens(lensContext(AFTER_EDIT, 'baseline'))

    expect(missing).toContain('The baseline does not have this token')
    expect(editor.said).toContain('The baseline’s text is no longer known.')
    expect(editor.copied).toBe('')
  })
})

describe('Copy as TransformerLens in Why', () => {
  it.each(['shown', 'baseline'] as const)('is for the explained side: %s', async (side) => {
    const { id } = texts
    const contrast = { kind: 'token', tokenId: 11 } as const
    const subject = { inspectionId: id, section: 0, position: AFTER_EDIT, side, tokenId: 7, contrast }
    const context = { ...lensContext(AFTER_EDIT, side), panelView: 'why', subject }

    await menuOf(texts, sideOf(savedIds)).copyAsTransformerLens(context)

    const before = side === 'shown' ? tokenIds.slice(0, AFTER_EDIT) : savedIds.slice(0, AFTER_EDIT + 1)
    expect(copiedIds()).toEqual([START_TOKEN_ID, ...before])
    expect(editor.copied).toContain('direction = model.W_U[:, 7] - model.W_U[:, 11]')
  })
})

function menuOf(inspection: ComparedInspection, baselineSide: () => BaselineSide): TokenMenu {
  const placed = inspection === texts ? withPositions(inspection) : inspection
  const run = { ...UNEXPLAINED, inspection: placed, sequences: sideOf(tokenIds)().sequences }
  const session = { run, comparison: { side: baselineSide } } as never
  return new TokenMenu({ session, link: {} as never, inspect: {} as never, results: {} as never })
}

function sideOf(ids: readonly number[]): () => BaselineSide {
  return () => ({ sequences: [{ tokenIds: Int32Array.from(ids), from: 0, to: ids.length }] })
}

/** Two tokens of the baseline are in place of one of the shown side: from there on, its positions are one higher. */
function withPositions(inspection: ComparedInspection): ComparedInspection {
  const sections = inspection.comparison.sections.map((section) => ({
    ...section,
    tokens: Array.from(section.tokens, (token) => ({
      ...token,
      baselinePosition: token.position + Number(token.position > EDIT.onlyShown),
    })),
  }))
  return { ...inspection, comparison: { ...inspection.comparison, sections } }
}

/** The value that the page has put into the element under the pointer. */
function lensContext(position: number, side: ComparisonSide) {
  return { inspectionId: models.id, section: 0, position, panelView: 'lens', side }
}

/** The ids in the copied lines. */
function copiedIds(): number[] {
  const [, ids = ''] = /tensor\(\[\[([\s\d,]*)\]\]\)/.exec(editor.copied) ?? []
  return ids.split(',').map(Number)
}
