// V8 gives some objects, such as those made by spreading, a hidden class of their own. It takes 260 bytes.

import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { inspectText } from '../../../src/prediction/inspectText'
import { PredictionService } from '../../../src/prediction/predictionService'
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

const service = new PredictionService(connect(hashEngine()))
const { sections } = await inspectText(service, {
  text: 'The tokens of a long text share their hidden classes.',
  startToken: true,
  topK: 5,
  temperature: 1,
})
const section = elementAt(sections, 0)
const [, second, third] = section.predictions

describe('The tokens of a text share the hidden class of', () => {
  it('their predictions', () => {
    expect(haveSameHiddenClass(second, third)).toBe(true)
  })

  it('their scores', () => {
    expect(haveSameHiddenClass(second?.score, third?.score)).toBe(true)
  })

  it('the alternatives in a report', async () => {
    const [, , reported] = positionsOf(section, await service.vocabulary())

    expect(haveSameHiddenClass(reported?.top?.[0], reported?.top?.[1])).toBe(true)
  })
})
