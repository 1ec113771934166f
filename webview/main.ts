import type { HostMessage } from '../src/shared/contracts/panel/protocol'
import { PanelElement } from './components/panel'
import { PanelController } from './controllers/controller'
import { connectHost } from './controllers/host'

const panel = document.querySelector('logitscope-panel')
if (!(panel instanceof PanelElement)) throw new Error('the document has no <logitscope-panel>')

const controller = new PanelController(connectHost(), panel)
panel.connect(controller)
// No check of the sender: only VS Code's own frame can post messages to a webview.
addEventListener('message', (event: MessageEvent<HostMessage>) => {
  controller.receive(event.data)
})
controller.start()
