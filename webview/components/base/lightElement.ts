import { LitElement } from 'lit'

/** Renders into the document instead of a shadow root: one stylesheet applies, and find and screen readers see all. */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
