import { describe, expect, it } from 'vitest'
import { formatCheck } from '../../../src/cli/commands/checkText'
import { ambiguousResult, defectResult, equalResult } from '../../support/check/checkResults'

describe('The text of a check', () => {
  it('begins with the verdict on an equal file', () => {
    expect(formatCheck(equalResult).split('\n').slice(0, 2)).toEqual([
      'Equal: these are the logits of mini',
      'All 7 rows agree within 1.9e-5 nats.',
    ])
  })

  it('explains a mistake and how to fix it', () => {
    expect(formatCheck(defectResult('double-ln-f'))).toMatch(
      /^The mistake: final LayerNorm applied twice\n[^]*\nshould be: logits = ln_f\(x\) · wteᵀ\nfix: Apply ln_f only once\.\n/,
    )
  })

  it('names both of two mistakes', () => {
    expect(formatCheck(defectResult('no-ln-f', 'head-bias'))).toMatch(
      /^The mistakes: final LayerNorm missing, and LM head with a bias\n/,
    )
  })

  it('lists the mistakes that fit equally and no others', () => {
    const listed = formatCheck(ambiguousResult).match(/^- .*$/gm)
    expect(listed).toEqual([
      '- another activation than GELU’s tanh form (leaves 0.011 nats unexplained)',
      '- another epsilon in LayerNorm (leaves 0.012 nats unexplained)',
    ])
  })

  it('ends with the figures', () => {
    expect(formatCheck(defectResult('no-causal-mask')).trimEnd().split('\n').at(-1)).toBe(
      'largest difference 3.2 nats, rounding 0.001 nats · first wrong row 1 · first wrong part: attention of block 0 · mean KL 0.4 nats · same top token in 42.9 % of 7 rows',
    )
  })

  it('prints no control characters of a model’s name', () => {
    const { report } = equalResult
    const text = formatCheck({ ...equalResult, report: { ...report, model: 'evil\u001b[2J' } })
    expect(text).not.toContain('\u001b')
  })
})
