/**
 * The pieces of the bundle: CommonJS modules with, beside each, the code that V8 made of it when it was built. Compiling
 * again what has not changed would be a third of the time of a short command. Code of another version of Node is refused
 * by V8 itself, and the piece is compiled then.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** V8's code is for the flags it was made under, so all that load pieces, and what makes their code, set these first. */
export const setFlags = (): void => {
  // V8 optimizes what has run for a while, which costs more than it gains where all ends within a second, and in a
  // supervisor, that is idle almost always, a third of the time of `up`.
  setFlagsFromString('--interrupt-budget=1000000');
  // Read when the process started; what it was started with must not make code foreign.
  setFlagsFromString('--max-semi-space-size=0');
};

export interface Piece {
  /** In the folder of all. */
  readonly file: string;
  readonly sourceLength: number;
  readonly script: Script;
}

type Run = (
  require: (name: string) => unknown,
  module: { exports: unknown },
  lanwrightImport: (name: string) => Promise<unknown>,
  lanwrightMeta: { readonly url: string },
) => void;

export const codeFileOf = (file: string): string => `${file}.code`;

const readCode = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};

/** Gives the exports of a piece in `folder`, each made once; `tell` hears of every piece that is loaded. */
export const openPieces = (folder: string, tell?: (piece: Piece) => void): ((file: string) => unknown) => {
  const requireOther = createRequire(join(folder, 'pieces.js'));
  const loaded = new Map<string, unknown>();
  const requirePiece = (name: string): unknown =>
    name.startsWith('./') ? load(name.slice(2)) : (requireOther(name) as unknown);
  const importPiece = (name: string): Promise<unknown> =>
    name.startsWith('./') ? Promise.resolve().then(() => load(name.slice(2))) : import(requireOther.resolve(name));
  const load = (file: string): unknown => {
    if (loaded.has(file)) return loaded.get(file);
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    const cachedData = readCode(codeFileOf(path));
    const script = new Script(`(function(require,module,lanwrightImport,lanwrightMeta){${source}\n})`, {
      filename: path,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    const module = { exports: {} as unknown };
    tell?.({ file, sourceLength: source.length, script });
    const run = script.runInThisContext() as Run;
    run(requirePiece, module, importPiece, {
      get url() {
        return pathToFileURL(path).href;
      },
    });
    // Pieces are in no circles, so that none is asked for while it runs; one that fails is not there.
    loaded.set(file, module.exports);
    return module.exports;
  };
  return load;
};
