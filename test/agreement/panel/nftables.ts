/**
 * libnftables in this process: a ruleset takes a fraction of a millisecond, where starting nft(8) takes several. One
 * context a stack, opened with the thread in its namespace.
 */
import koffi from 'koffi';

interface Library {
  readonly newContext: (flags: number) => unknown;
  readonly bufferErrors: (context: unknown) => number;
  readonly run: (context: unknown, text: string) => number;
  readonly errors: (context: unknown) => string | null;
}

let loaded: Library | undefined;

const library = (): Library => {
  if (loaded !== undefined) return loaded;
  const file = koffi.load('libnftables.so.1');
  loaded = {
    newContext: file.func('void *nft_ctx_new(uint32_t flags)') as Library['newContext'],
    bufferErrors: file.func('int nft_ctx_buffer_error(void *context)') as Library['bufferErrors'],
    run: file.func('int nft_run_cmd_from_buffer(void *context, const char *text)') as Library['run'],
    errors: file.func('const char *nft_ctx_get_error_buffer(void *context)') as Library['errors'],
  };
  return loaded;
};

/** Runs the text of `nft -f` as one transaction; what nft says where it refuses. */
export type Nft = (text: string) => string | undefined;

export const openNft = (): Nft => {
  const { newContext, bufferErrors, run, errors } = library();
  const context = newContext(0);
  bufferErrors(context);
  return (text) => {
    if (run(context, text) === 0) return undefined;
    return errors(context) ?? 'nft refuses';
  };
};
