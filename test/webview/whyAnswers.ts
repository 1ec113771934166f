import type { Contrast, Attribution, ContextPoint } from '../../src/shared/contracts/engine/explanation'
import { START_TOKEN_ID } from '../../src/shared/contracts/engine/prediction'
import type { WhyAnswer, WhySubject } from '../../src/shared/contracts/panel/why'
import { elementAt } from '../../src/shared/elementAt'
import type { PanelPage } from '../support/panel/panelHarness'
import { MOST_SURPRISING } from '../support/reference/miniExpectations'
import {
  eventually,
  type PanelUnderTest,
  type ShowOptions,
  typescript,
  typescriptSection,
} from './panelUnderTest'

const { nLayer, nHead } = typescript.model
const { position } = MOST_SURPRISING
const { tokenId, score } = elementAt([...typescriptSection.predictions], position)
if (score === null) throw new Error('the reference scores every token')

/** The token that is explained, `·Config`. */
export const EXPLAINED = tokenId
/** The most likely token in its place, `·Error`. */
export const RIVAL = elementAt([...score.top], 0).tokenId

/** The window's tokens before the prediction: the start token, then those of the text. */
const inputIds = Int32Array.of(
  START_TOKEN_ID,
  ...typescriptSection.tokens.slice(0, position).map((token) => token.tokenId),
)
/** Rows of the window. */
export const SOURCES = inputIds.length
/** The row of ` throw`, two tokens before the prediction. */
export const THROW_ROW = SOURCES - 2

export function subjectOf(contrast: Contrast = { kind: 'token', tokenId: RIVAL }): WhySubject {
  return { inspectionId: typescript.id, section: 0, position, side: 'shown', tokenId: EXPLAINED, contrast }
}

/** An attribution whose parts add up, with one strong source in the first head and one strong MLP. */
export const attribution: Attribution = makeAttribution()

function makeAttribution(): Attribution {
  const sources = new Float32Array(nLayer * nHead * SOURCES).fill(0.001)
  sources[THROW_ROW] = -0.33
  sources[SOURCES - 1] = 0.14
  const attentionBias = new Float32Array(nLayer).fill(-0.02)
  const attention = attentionBias.map((bias, layer) =>
    sources
      .subarray(layer * nHead * SOURCES, (layer + 1) * nHead * SOURCES)
      .reduce((sum, source) => sum + source, bias),
  )
  const mlp = Float32Array.from({ length: nLayer }, (_, layer) => (layer === 1 ? -2.74 : -0.1 * (layer + 1)))
  const [wte, wpe, lnF] = [0.05, -0.01, 0.02]
  const total = [wte, wpe, lnF, ...attention, ...mlp].reduce((sum, part) => sum + part, 0)
  return { total, wte, wpe, lnF, attention, attentionBias, sources, mlp }
}

/** A complete answer. */
export function answerOf(subject: WhySubject, change: Partial<WhyAnswer> = {}): WhyAnswer {
  const curves = subject.contrast.kind === 'token' ? [-8, -0.5] : [-8]
  return {
    subject,
    window: { inputIds, rowOffset: position - SOURCES },
    attribution,
    layers: curves.map((last) =>
      Float32Array.from({ length: nLayer + 1 }, (_, i) => last - 3 * (nLayer - i)),
    ),
    context: curves.map((last) => contextCurve(last)),
    knockout: null,
    ...change,
  }
}

function contextCurve(last: number): readonly ContextPoint[] {
  return [1, 2, 4, 8, 16, 32, SOURCES - 1].map((tokens) => ({ tokens, logProb: last - 4 / tokens }))
}

/** Shows the tab Why of the picked token and waits until the panel has asked about it. */
export async function showWhy(test: PanelUnderTest, options: ShowOptions = {}): Promise<PanelPage> {
  const panel = await test.show(typescript, options)
  await test.page.getByRole('tab', { name: 'Why' }).click()
  await test.called('why')
  return panel
}

/** Shows the tab with a complete answer. */
export async function showAnswered(
  test: PanelUnderTest,
  { change = {}, ...options }: ShowOptions & { readonly change?: Partial<WhyAnswer> } = {},
): Promise<PanelPage> {
  const panel = await showWhy(test, options)
  await answer(test, answerOf(subjectOf(), change))
  await eventually(() => test.page.getByRole('treegrid').count()).toBe(1)
  return panel
}

/** Answers the page's question about the subject. */
export async function answer(test: PanelUnderTest, whole: WhyAnswer): Promise<void> {
  const call = await test.called('why', { subject: whole.subject })
  await call.progress({ kind: 'answer', answer: whole })
  await call.resolve()
}
