/** Prefixes of wrappers: `module` for the whole model, `transformer` for the model without its head. */
const LEADING = new Set(['module', 'transformer'])
/** Prefix that `torch.compile` adds to the names of the module that it was given, which may be a part of the model. */
const COMPILED = '_orig_mod'

/** GPT-2's own name of a tensor: `_orig_mod.transformer.h.0.ln_1.bias` → `h.0.ln_1.bias`. */
export function plainTensorName(stored: string): string {
  const parts = stored.split('.').filter((part) => part !== COMPILED)
  const first = parts.findIndex((part) => !LEADING.has(part))
  return parts.slice(Math.max(first, 0)).join('.')
}
