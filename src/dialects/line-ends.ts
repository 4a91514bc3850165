/** Edits of texts whose lines end in `\r\n`: made as if they ended in `\n`, and given back with their own ends. */
import { type ConfigText, type Dialect } from './dialect.ts';

type Edit = NonNullable<Dialect['edit']>;

/** All of them: of texts with both, each line's end is its own. */
const hasCrlf = ({ text }: ConfigText): boolean => text.includes('\r\n') && !/(?:^|[^\r])\n/.test(text);

const withLf = (it: ConfigText): ConfigText => (hasCrlf(it) ? { ...it, text: it.text.replaceAll('\r\n', '\n') } : it);

export const keepingLineEnds =
  (edit: Edit): Edit =>
  (texts, state, stack, known) => {
    const paths = new Set(texts.filter(hasCrlf).map(({ path }) => path));
    if (paths.size === 0) return edit(texts, state, stack, known);
    const { files, omissions } = edit(texts.map(withLf), state, stack, known);
    return {
      files: files.map((it) => (paths.has(it.path) ? { ...it, text: it.text.replaceAll('\n', '\r\n') } : it)),
      omissions,
    };
  };
