// The only place that shows messages, enforced by ESLint. A message may contain the name of a file, model or token, or
// the text of an error, and VS Code turns `[…](command:…)` in it into a link: every message is made plain here.

import * as vscode from 'vscode'
import { oneLine, plainMessage } from '../../shared/text/plainMessage'
import { signalOf } from '../cancellation'

/** Resolves with the clicked button, or with undefined when the notification is closed; so do the next two. */
export async function showInformation<Button extends string>(
  message: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return vscode.window.showInformationMessage(plainMessage(message), ...buttons)
}

export async function showWarning<Button extends string>(
  message: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return vscode.window.showWarningMessage(plainMessage(message), ...buttons)
}

export async function showError<Button extends string>(
  message: string,
  ...buttons: readonly Button[]
): Promise<Button | undefined> {
  return vscode.window.showErrorMessage(plainMessage(message), ...buttons)
}

export interface Question {
  readonly message: string
  /** Lines below the message. */
  readonly detail: readonly string[]
  /** The button that agrees; the other one cancels. */
  readonly button: string
}

/** Asks in a modal dialog; true if the user agrees. */
export async function confirm({ message, detail, button }: Question): Promise<boolean> {
  const options = { modal: true, detail: detail.map(oneLine).join('\n') }
  return (await vscode.window.showInformationMessage(plainMessage(message), options, button)) === button
}

export interface ProgressStep {
  readonly message: string
  /** Percent since the previous step. */
  readonly increment?: number
}

/** Shows a notification with a Cancel button until the work ends. The signal aborts when the user cancels. */
export async function showProgress<T>(
  title: string,
  work: (report: (step: ProgressStep) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const location = vscode.ProgressLocation.Notification
  return vscode.window.withProgress(
    { location, title: plainMessage(title), cancellable: true },
    (progress, token) =>
      work((step) => {
        progress.report({ ...step, message: plainMessage(step.message) })
      }, signalOf(token)),
  )
}
