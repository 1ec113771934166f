import { LitElement } from 'lit'

/** Renders into the document itself, so that one stylesheet, find and assistive technology see all of it. */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
