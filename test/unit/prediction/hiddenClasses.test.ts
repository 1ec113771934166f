// After some hundreds of objects that are made by spreading and adding properties, V8 gives each further one a hidden
// class of its own. It takes 260 bytes.

import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { inspectText } from '../../../src/prediction/windows/inspectText'
import { PredictionService } from '../../../src/prediction/windows/predictionService'
import { positionsOf } from '../../../src/prediction/report/report'
import { elementAt } from '../../../src/shared/elementAt'
import { connect } from '../../support/engine/engineUnderTest'
import { hashEngine } from '../../support/fakes/hashEngine'

setFlagsFromString('--allow-natives-syntax')
const haveSameHiddenClass = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (
  a: object | null | undefined,
  b: object | null | undefined,
) => boolean
// V8 compiles the function when it is called, and needs the flag for that.
haveSameHiddenClass({}, {})
setFlagsFromString('--no-allow-natives-syntax')

/** Enough for V8 to give up sharing. */
const TOKENS = 4_000

const service = new PredictionService(connect(hashEngine()))
const { sections } = await inspectText(service, {
  text: ' one'.repeat(TOKENS),
  startToken: true,
  topK: 5,
  temperature: 1,
})
const section = elementAt(sections, 0)
const [last, beforeLast] = [section.predictions.at(-1), section.predictions.at(-2)]

describe('The tokens of a text share the hidden class of', () => {
  it('their predictions', () => {
    expect(haveSameHiddenClass(last, beforeLast)).toBe(true)
  })

  it('their scores', () => {
    expect(haveSameHiddenClass(last?.score, beforeLast?.score)).toBe(true)
  })

  it('the alternatives in a report', async () => {
    const reported = [...positionsOf(section, await service.vocabulary())].at(-1)

    expect(haveSameHiddenClass(reported?.top?.[0], reported?.top?.[1])).toBe(true)
  })
})
