import { describe, expect, it } from 'vitest'

import { elementAt } from '../../src/shared/elementAt'
import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { Announcements } from '../../webview/controllers/announcements'
import { OUTPUT_OF_TOKEN } from '../../webview/state/inspection/explained'
import { initialState, type PanelState } from '../../webview/state/inspection/panelState'
import { INITIAL_TABS } from '../../webview/state/inspection/tabs'
import { INITIAL_WHY_VIEW } from '../../webview/state/explanations/why'
import { readGpt2Vocabulary } from '../support/texts/gpt2Vocabulary'
import { referenceInspection } from '../support/reference/referenceInspection'

const inspection = referenceInspection('typescript +bos', readGpt2Vocabulary())
const section = elementAt(inspection.sections, 0)
const empty = initialState({
  inspectionId: null,
  picked: null,
  scroll: 0,
  metric: 'surprisal',
  comparedColour: 'delta',
  k: 10,
  tabs: INITIAL_TABS,
  explained: OUTPUT_OF_TOKEN,
  lensCells: 'shownProbability',
  whyView: INITIAL_WHY_VIEW,
})

function running(scored: number): PanelState {
  const state: Inspection['state'] = { kind: 'running' }
  const sections = [{ ...section, predictions: section.predictions.slice(0, scored) }]
  return { ...empty, inspection: { ...inspection, state, sections } }
}

describe('Announcements', () => {
  it('announce progress at most every ten seconds', () => {
    const announcements = new Announcements()
    announcements.between(empty, running(0), 1_000)
    expect(announcements.between(running(0), running(10), 10_900)).toBeNull()
    expect(announcements.between(running(10), running(20), 11_000)).toBe('20 of 85 tokens.')
    expect(announcements.between(running(20), running(30), 20_900)).toBeNull()
  })

  it('announce once that the document has changed', () => {
    const announcements = new Announcements()
    const done = { ...empty, inspection }
    const outOfDate = { ...done, documentState: 'changed' as const }
    expect(announcements.between(done, outOfDate, 0)).toBe('Out of date: the document has changed.')
    expect(announcements.between(outOfDate, { ...outOfDate, topK: 20 }, 60_000)).toBeNull()
  })

  it('announce the first preparation note, but not its changes', () => {
    const announcements = new Announcements()
    const preparing = (note: string): PanelState => ({ ...empty, notice: { kind: 'preparing', note } })
    expect(announcements.between(empty, preparing('Loading mini…'), 0)).toBe('Loading mini…')
    expect(
      announcements.between(preparing('Loading mini…'), preparing('Loading mini, 50 %…'), 60_000),
    ).toBeNull()
  })
})
