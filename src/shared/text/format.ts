// Formats numbers for display, the same in every view.

/** 0.571 → `57.1 %`, 0.00028 → `0.028 %`; below 0.01 % the probability itself: 4.4e-6 → `4.4e-6` */
export function formatProbability(probability: number): string {
  const percent = probability * 100
  if (percent >= 99.95) return '100 %'
  if (percent >= 9.95) return `${percent.toFixed(1)} %`
  if (percent >= 0.01) return `${percent.toPrecision(2)} %`
  return percent === 0 ? '0 %' : scientific(probability)
}

/**
 * The odds of a token, for the tool tip of its probability: 0.02 → `1 in 50`, 4.4e-6 → `1 in 230 k`.
 * Undefined above 0.1, where a percentage says more, and for 0.
 */
export function formatOdds(probability: number): string | undefined {
  if (probability > 0.1 || probability === 0) return undefined
  const tries = Number((1 / probability).toPrecision(2))
  const unit = ODDS_UNITS.find(({ value }) => tries >= value)
  if (unit === undefined) return `1 in ${tries}`
  const count = tries / unit.value
  if (count >= 1000) return `1 in ${scientific(tries)}`
  return `1 in ${count.toFixed(count < 10 ? 1 : 0)} ${unit.name}`
}

/** 0.571 → `57 %`, 0.004 → `<1 %` */
export function formatWholePercent(probability: number): string {
  const percent = Math.round(probability * 100)
  return percent === 0 ? '<1 %' : `${percent} %`
}

/** 0.00077 → `0.077 percent`, for screen readers. */
export function speakPercent(probability: number): string {
  const percent = probability * 100
  if (percent > 0 && percent < 0.01) return `less than 0.01 percent`
  return formatProbability(probability).replace(' %', ' percent')
}

/** 50257 → `50,257` */
export function formatCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** (1, `token`) → `1 token`, (1024, `token`) → `1,024 tokens` */
export function formatCounted(n: number, noun: string): string {
  return `${formatCount(n)} ${noun}${n === 1 ? '' : 's'}`
}

/** (−8.1716, 3) → `−8.172`, with U+2212 as the minus sign, which is as wide as a digit. */
export function formatDecimal(value: number, digits = 2): string {
  return value
    .toFixed(digits)
    .replace(/^-(?=[0.]*$)/, '')
    .replace('-', '−')
}

/** 0.063 → `+0.06`, −2.74 → `−2.74`, −0.001 → `0.00`: a contribution to a sum. */
export function formatSigned(value: number, digits = 2): string {
  const text = formatDecimal(value, digits)
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text
}

/** A divergence in nats: 0.3312 → `0.331`, 1 → `1.00`, 4.13e-5 → `4.1e-5` */
export function formatDivergence(nats: number): string {
  if (nats === 0) return '0'
  return nats < 0.001 ? scientific(nats) : formatDecimal(nats, nats < 0.01 ? 4 : nats < 1 ? 3 : 2)
}

/** 8.03 → `×8.0`, 0.14 → `÷7.1`: how many times as likely. */
export function formatFactor(factor: number): string {
  const times = factor < 1 ? 1 / factor : factor
  const text =
    times < 99.5 ? times.toPrecision(2) : times < 9999.5 ? formatCount(Math.round(times)) : scientific(times)
  return `${factor < 1 ? '÷' : '×'}${text}`
}

/** 0.4213 → `0.42 s`, 12.3 → `12 s`, 125 → `2 min 5 s` */
export function formatDuration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toPrecision(2)} s`
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** 12.34 → `12.3`, 5120 → `5,120`, 6.5e254 → `6.5e254` */
export function formatPerplexity(perplexity: number): string {
  if (perplexity < 1000) return formatDecimal(perplexity, 1)
  return perplexity < 1e9 ? formatCount(Math.round(perplexity)) : scientific(perplexity)
}

/** 41 → `40 seconds`, 178 → `3 minutes` */
export function formatRoughDuration(seconds: number): string {
  if (seconds < 55) return formatCounted(Number(seconds.toPrecision(1)), 'second')
  return formatCounted(Math.round(seconds / 60), 'minute')
}

/** 124439808 → `124 M`, 1557611200 → `1.6 B` */
export function formatParameters(parameters: number): string {
  const millions = parameters / 1e6
  if (millions < 1) return formatCount(parameters)
  return millions < 999.5 ? `${Math.round(millions)} M` : `${(millions / 1000).toFixed(1)} B`
}

/** 7.2e-6 → `7e-6`: only the size of a deviation matters. */
export function formatDelta(delta: number): string {
  return delta.toExponential(0)
}

/** 548105171 → `548 MB`, 3247159078 → `3.2 GB`, in decimal units as file managers show them. */
export function formatBytes(bytes: number): string {
  const unit = byteUnit(bytes)
  return `${inUnit(bytes, unit)} ${unit.name}`
}

/** (120e6, 548e6) → `120 of 548 MB`, both in the unit of the total. */
export function formatBytesOf(done: number, total: number): string {
  const unit = byteUnit(total)
  return `${inUnit(done, unit)} of ${inUnit(total, unit)} ${unit.name}`
}

interface ByteUnit {
  readonly name: string
  readonly bytes: number
  readonly digits: number
}

const BYTE_UNITS: readonly ByteUnit[] = [
  { name: 'GB', bytes: 1e9, digits: 1 },
  { name: 'MB', bytes: 1e6, digits: 0 },
  { name: 'kB', bytes: 1e3, digits: 0 },
]
const SINGLE_BYTES: ByteUnit = { name: 'bytes', bytes: 1, digits: 0 }

function byteUnit(bytes: number): ByteUnit {
  return BYTE_UNITS.find((unit) => bytes >= 0.9995 * unit.bytes) ?? SINGLE_BYTES
}

function inUnit(bytes: number, unit: ByteUnit): string {
  return (bytes / unit.bytes).toFixed(unit.digits)
}

const ODDS_UNITS = [
  { name: 'B', value: 1e9 },
  { name: 'M', value: 1e6 },
  { name: 'k', value: 1e3 },
] as const

/** 4.4e-6 → `4.4e-6`, 6.5e254 → `6.5e254` */
function scientific(value: number): string {
  return value.toExponential(1).replace('+', '')
}
