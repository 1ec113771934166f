// Parts of a page of Markdown that tests compare with the product.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE } from '../cli/runInProcess'

export interface CodeBlock {
  /** `console`, `json`, `ts` … */
  readonly language: string
  /** The file that the block shows, which follows the language; empty for none. */
  readonly file: string
  /** The last heading before the block. */
  readonly heading: string
  readonly content: string
}

/** @param path relative to the repository */
export function readPage(path: string): string {
  return readFileSync(join(PACKAGE, path), 'utf8')
}

export function codeBlocksOf(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  for (const [, title, language = '', file = '', content = ''] of markdown.matchAll(HEADING_OR_CODE)) {
    if (title === undefined) blocks.push({ language, file, heading, content })
    else heading = title
  }
  return blocks
}

const HEADING_OR_CODE = /^#+ (.+)$|^```(\w*) ?(\S*)\n([\s\S]*?)^```$/gm

/** The targets of links and pictures. */
export function linksOf(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
}

/** The anchors of a page's headings, as GitHub and VS Code make them. */
export function anchorsOf(markdown: string): string[] {
  const counts = new Map<string, number>()
  return [...withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const anchor = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replaceAll(/\s/g, '-')
    const count = counts.get(anchor) ?? 0
    counts.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  })
}

function withoutCode(markdown: string): string {
  return withoutBlocks(markdown).replaceAll(/`[^`\n]+`/g, '')
}

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
}
