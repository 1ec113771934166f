/** What wrappers put before names: of the whole, of the model without its head. */
const LEADING = new Set(['module', 'transformer'])
/** What `torch.compile` puts before the names of whatever it was given, the whole or a part. */
const COMPILED = '_orig_mod'

/** GPT-2's own name of a tensor: `_orig_mod.transformer.h.0.ln_1.bias` → `h.0.ln_1.bias`. */
export function plainTensorName(stored: string): string {
  const parts = stored.split('.').filter((part) => part !== COMPILED)
  const first = parts.findIndex((part) => !LEADING.has(part))
  return parts.slice(Math.max(first, 0)).join('.')
}
