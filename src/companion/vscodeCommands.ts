import * as vscode from 'vscode'
import type { Commands } from './commandLink'

/** The window's commands, those of other extension hosts among them. */
export const VSCODE_COMMANDS: Commands = {
  register: (command, run) => vscode.commands.registerCommand(command, run),
  execute: async (command, ...args) => vscode.commands.executeCommand(command, ...args),
}
