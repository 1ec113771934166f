import { Tiktoken } from 'tiktoken/lite/init'
import ranks from 'tiktoken/encoders/gpt2.json'

/** GPT-2's encoding by tiktoken alone, in one call. The WASM module has to be loaded, as by `loadTokenizer`. */
export function wholeTiktoken(): { idsOf(text: string): number[] } {
  const tiktoken = new Tiktoken(ranks.bpe_ranks, {}, ranks.pat_str)
  return { idsOf: (text) => [...tiktoken.encode_ordinary(text.replaceAll('\r\n', '\n'))] }
}
