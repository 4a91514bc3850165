/**
 * Bundles src/ into dist/: `lanwright.js` (small, the commands are chunks loaded when asked for) and `supervisor.js`.
 * Chunks are written before the entries that name them and old ones removed last, so a running build breaks nobody.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const entries = { lanwright: 'src/cli/main.ts', supervisor: 'src/world/supervisor.ts' };

const newest = (folder) =>
  Math.max(
    ...readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)).mtimeMs),
    statSync(folder).mtimeMs,
  );

/** Whether src/ or the packages changed since dist/ was written. */
export const isStale = () => {
  const built = join(dist, 'lanwright.js');
  if (!existsSync(built) || !existsSync(join(dist, 'supervisor.js'))) return true;
  const since = statSync(built).mtimeMs;
  const inputs = ['package.json', 'package-lock.json', 'tools/build.mjs'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  );
  return Math.max(newest(join(root, 'src')), ...inputs) > since;
};

const writeWhole = (path, contents) => {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, contents);
  if (!path.includes('chunk-')) chmodSync(draft, 0o755);
  renameSync(draft, path);
};

/** Lanwright says its own sentences: of the 60 languages of the schema library only the default is kept. */
const oneLanguage = {
  name: 'one-language',
  setup: ({ onLoad }) => {
    onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * Making a segmenter takes longer than a whole `plan`, and the expression for emoji a tenth of one. ASCII text never asks
 * for them: they are made on first use.
 */
const lateInStringWidth = [
  [
    'const segmenter = new Intl.Segmenter();',
    'let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };',
  ],
  [
    'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
    'let emoji; const rgiEmojiRegex = { test: (text) => (emoji ??= /^\\p{RGI_Emoji}$/v).test(text) };',
  ],
];

const lateWidth = {
  name: 'late-width',
  setup: ({ onLoad }) => {
    onLoad({ filter: /node_modules\/string-width\/index\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const [eager, late] of lateInStringWidth) {
        if (!contents.includes(eager)) throw new Error(`string-width no longer says \`${eager}\``);
        contents = contents.replace(eager, () => late);
      }
      return { contents };
    });
  },
};

export const build = async () => {
  const { build: bundle } = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const present = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(join(root, path))));
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: present,
    outdir: dist,
    entryNames: '[name]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    keepNames: false,
    write: false,
    // The edition for Node is CommonJS, which cannot be cut to what is used.
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    plugins: [oneLanguage, lateWidth],
    // koffi is a library of the machine's own; elkjs (EPL-2.0) is used as it is published.
    external: ['koffi', 'elkjs'],
    // Modules of which only types are imported are not loaded.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    define: { 'globalThis.lanwrightVersion': JSON.stringify(version) },
    banner: {
      js: "import{createRequire as lanwrightRequire}from'node:module';const require=lanwrightRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  mkdirSync(dist, { recursive: true });
  const isEntry = (file) => Object.keys(present).includes(basename(file.path, '.js'));
  const entriesLast = result.outputFiles.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)));
  for (const file of entriesLast) {
    const isCommand = basename(file.path) === 'lanwright.js';
    writeWhole(file.path, isCommand ? `#!/usr/bin/env node\n${file.text}` : file.contents);
  }
  const written = new Set(result.outputFiles.map((file) => basename(file.path)));
  for (const name of readdirSync(dist)) {
    if (name.startsWith('chunk-') && !written.has(name)) rmSync(join(dist, name), { force: true });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
