import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PACKAGE } from '../../support/cli/runInProcess'
import { anchorsOf, linksOf, readPage } from '../../support/docs/markdown'

const MAX_README_WORDS = 1100
const RECORDS = 'docs/decisions'

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  ...pagesIn('docs'),
  ...pagesIn(RECORDS),
  'sample/README.md',
]

describe('The pages of the documentation', () => {
  it.each(PAGES)('have no link that leads nowhere: %s', (page) => {
    const relative = linksOf(readPage(page)).filter((target) => !/^[a-z]+:/.test(target))
    expect(relative.filter((target) => !leadsSomewhere(page, target))).toEqual([])
  })

  it('are all in the index', () => {
    const listed = linksOf(readPage('docs/README.md'))
    const pages = pagesIn('docs').map((page) => page.replace('docs/', ''))
    expect(pages.filter((page) => page !== 'README.md' && !listed.includes(page))).toEqual([])
  })
})

describe('README.md', () => {
  it(`has at most ${MAX_README_WORDS} words, as wc -w counts them`, () => {
    expect(readPage('README.md').trim().split(/\s+/).length).toBeLessThanOrEqual(MAX_README_WORDS)
  })
})

describe('The index of the decisions', () => {
  it('lists every record once, with its title', () => {
    const listed = readPage(`${RECORDS}/README.md`)
      .split('\n')
      .filter((line) => line.startsWith('- ['))
      .map((line) => line.replace(/ \(superseded by \d{4}\)$/, ''))

    const records = pagesIn(RECORDS).filter((page) => /\d{4}-[^/]+$/.test(page))

    expect(listed.sort()).toEqual(records.map(lineOf).sort())
  })

  it('has the records of a chapter in the order of their numbers', () => {
    const chapters = readPage(`${RECORDS}/README.md`).split(/^## /m).slice(1)
    const numbers = chapters.map((chapter) => chapter.match(/(?<=^- \[)\d{4}/gm) ?? [])
    expect(numbers).toEqual(numbers.map((chapter) => [...chapter].sort()))
  })
})

/** `- [0001](0001-folders.md) Folders say …`, from the title `# 0001: Folders say …` */
function lineOf(record: string): string {
  const [, number = '', title = ''] = /^# (\d{4}): (.+)$/m.exec(readPage(record)) ?? []
  return `- [${number}](${record.replace(`${RECORDS}/`, '')}) ${title}`
}

/** The pages of a folder, without those of its folders. */
function pagesIn(folder: string): string[] {
  return readdirSync(join(PACKAGE, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(PACKAGE, file))) return false
  return anchor === undefined || anchorsOf(readPage(file)).includes(anchor)
}
