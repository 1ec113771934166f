import type { Page } from 'playwright-core'

/** The defects in the layout of the shown page, one sentence for each; empty if it has none. */
export function layoutProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const TOLERANCE_PX = 1
    const problems: string[] = []
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
    const describe = (element: Element) =>
      `<${element.localName} class="${element.className}"> “${(element.textContent ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, 40)}”`
    const clips = (value: string) => value === 'hidden' || value === 'clip'

    /** Text that ends in an ellipsis must be readable in full elsewhere: as the title of the element or of one around it. */
    const hasFullText = (element: Element) =>
      getComputedStyle(element).textOverflow === 'ellipsis' && element.closest('[title]') !== null

    for (const element of document.querySelectorAll('logitscope-panel *')) {
      if (!isShown(element) || element.closest('svg') !== null) continue
      // Only for screen readers.
      if (element.clientWidth <= 1 && element.clientHeight <= 1) continue
      const style = getComputedStyle(element)
      const scrollsSideways =
        element.scrollWidth > element.clientWidth + TOLERANCE_PX && element.clientWidth > 0
      if (scrollsSideways && (style.overflowX === 'auto' || style.overflowX === 'scroll'))
        problems.push(`${describe(element)} scrolls sideways`)
      if (scrollsSideways && clips(style.overflowX) && !hasFullText(element))
        problems.push(`${describe(element)} is cut off at its side`)
      const isTooLow = element.scrollHeight > element.clientHeight + TOLERANCE_PX && element.clientHeight > 0
      if (isTooLow && clips(style.overflowY) && !clips(style.overflowX))
        problems.push(`${describe(element)} is cut off at its lower edge`)
    }

    const { scrollWidth, scrollHeight } = document.documentElement
    if (scrollWidth > innerWidth) problems.push(`the page is ${scrollWidth} px wide in ${innerWidth} px`)
    if (scrollHeight > innerHeight) problems.push(`the page is ${scrollHeight} px high in ${innerHeight} px`)

    const groups = ['.frame', 'header .line', '.tabs', '.work', '.notice', '.facts', '.legend']
    for (const group of document.querySelectorAll(groups.join(','))) {
      const boxes = [...group.children]
        .filter((child) => isShown(child) && getComputedStyle(child).position === 'static')
        .map((child) => ({ child, box: child.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 0 && box.height > 0)
      boxes.forEach((a, i) => {
        for (const b of boxes.slice(i + 1)) {
          const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
          const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
          if (across > TOLERANCE_PX && down > TOLERANCE_PX)
            problems.push(`${describe(a.child)} overlaps ${describe(b.child)}`)
        }
        const around = group.getBoundingClientRect()
        const isTooLow = !group.classList.contains('frame') && a.box.bottom > around.bottom + TOLERANCE_PX
        if (a.box.right > around.right + TOLERANCE_PX || isTooLow)
          problems.push(`${describe(a.child)} leaves its box`)
      })
    }
    return problems
  })
}
