// Stops the extension host that it shares with the companion for good, without a word to anyone. A crash looks the
// same from outside; VS Code lets no extension end its host.
const vscode = require('vscode')

exports.activate = ({ subscriptions }) => {
  subscriptions.push(
    vscode.commands.registerCommand('logitscope.test.freezeHost', () => {
      setTimeout(() => {
        for (;;);
      }, 0)
    }),
  )
}
