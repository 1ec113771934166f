/** The contrast ratio of two `rgb(…)` colours, as WCAG 2 defines it. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

/** The relative luminance of a `rgb(…)` colour, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const channels = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((channel) => {
    const value = Number(channel) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  const [r = NaN, g = NaN, b = NaN] = channels
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
