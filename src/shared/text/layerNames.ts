/** `embeddings`, `h.0` … and `output` for the last of the `nLayer + 1` layers. */
export function layerName(layer: number, nLayer: number): string {
  if (layer === nLayer) return 'output'
  return layer === 0 ? 'embeddings' : `h.${layer - 1}`
}

/** The layer after `as`: `after the embeddings` · `after block 3` */
export function afterLayer(layer: number): string {
  return layer === 0 ? 'after the embeddings' : `after block ${layer - 1}`
}

/**
 * The names of a layer in PyTorch, Hugging Face Transformers and TransformerLens, for its tool tip:
 * `output of h.3 · hidden_states[4] · blocks.3.hook_resid_post`
 */
export function describeLayer(layer: number, nLayer: number): string {
  if (layer === 0) return 'wte + wpe · hidden_states[0] · blocks.0.hook_resid_pre'
  const block = layer - 1
  // Hugging Face has applied ln_f to the last of its hidden states.
  const hidden = layer === nLayer ? `ln_f gives hidden_states[${layer}]` : `hidden_states[${layer}]`
  return `output of h.${block} · ${hidden} · blocks.${block}.hook_resid_post`
}
