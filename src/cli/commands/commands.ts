import type { Command } from '../base/command'
import { checkCommand } from './check'
import { compareCommand } from './compare'
import { inspectCommand } from './inspect'
import { lensCommand } from './lens'
import { whyCommand } from './why'

/** All commands by their names. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['inspect', inspectCommand],
  ['lens', lensCommand],
  ['why', whyCommand],
  ['compare', compareCommand],
  ['check', checkCommand],
])
