/**
 * Bundles src/ into dist/: `lanwright.js` and `supervisor.js`, which load pieces when they are asked for, and beside each
 * piece the code that V8 makes of it. Pieces are written before what names them and old ones removed last, so that a
 * running build breaks nobody.
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
import { spawnSync } from 'node:child_process';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

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
  const tools = ['tools/build.mjs', 'tools/common-js.mjs', 'tools/make-code.mjs'];
  const inputs = ['package.json', 'package-lock.json', ...tools].map((file) => statSync(join(root, file)).mtimeMs);
  return Math.max(newest(join(root, 'src')), ...inputs) > since;
};

const writeWhole = (path, contents) => {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, contents);
  if (path.endsWith('.js')) chmodSync(draft, 0o755);
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
 * What packages make before they know that it is needed is made on first use. Making a segmenter takes longer than a whole
 * `plan`, and the expression for emoji a tenth of one: ASCII text asks for neither. Commands in files of their own, for
 * which other programs are started, are not what this command line has.
 */
const lateInPackages = [
  [
    'string-width/index.js',
    'const segmenter = new Intl.Segmenter();',
    'let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };',
  ],
  [
    'string-width/index.js',
    'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
    'let emoji; const rgiEmojiRegex = { test: (text) => (emoji ??= /^\\p{RGI_Emoji}$/v).test(text) };',
  ],
  [
    'commander/lib/command.js',
    "const childProcess = require('node:child_process');",
    "const childProcess = { spawn: (...argv) => process.getBuiltinModule('node:child_process').spawn(...argv) };",
  ],
];

const withLateParts = (file, text) =>
  lateInPackages
    .filter(([of]) => of === file)
    .reduce((before, [, eager, late]) => {
      if (!before.includes(eager)) throw new Error(`${file} no longer says \`${eager}\``);
      return before.replace(eager, () => late);
    }, text);

const late = {
  name: 'late',
  setup: ({ onLoad }) => {
    for (const file of new Set(lateInPackages.map(([file]) => file))) {
      const filter = new RegExp(`/node_modules/${file.replaceAll('.', '\\.')}$`);
      onLoad({ filter }, ({ path }) => ({ contents: withLateParts(file, readFileSync(path, 'utf8')) }));
    }
  },
};

const isPiece = (name) => name.startsWith('piece-');

/** Modules of our own sources and of packages, cut so that a command loads what it needs: `piece-….cjs`, by content. */
const bundlePieces = async (bundle) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return bundle({
    absWorkingDir: root,
    entryPoints: { 'piece-lanwright': 'src/cli/main.ts', 'piece-supervisor': 'src/world/supervisor.ts' },
    outdir: dist,
    entryNames: '[name]-[hash]',
    chunkNames: 'piece-[hash]',
    outExtension: { '.js': '.cjs' },
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
    plugins: [oneLanguage, late],
    // koffi is a library of the machine's own; elkjs (EPL-2.0) is used as it is published.
    external: ['koffi', 'elkjs'],
    // Modules of which only types are imported are not loaded.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
    define: { 'globalThis.lanwrightVersion': JSON.stringify(version), 'import.meta.url': 'lanwrightMeta.url' },
    logLevel: 'warning',
  });
};

/** A circle would be run with a half of it missing. */
const checkCircles = (pieces) => {
  const importsOf = new Map(pieces.map(({ path, imports }) => [`./${basename(path)}`, imports]));
  const done = new Set();
  const visit = (name, above) => {
    if (above.includes(name)) throw new Error(`pieces import each other: ${[...above, name].join(' → ')}`);
    if (done.has(name)) return;
    for (const next of importsOf.get(name) ?? []) visit(next, [...above, name]);
    done.add(name);
  };
  for (const name of importsOf.keys()) visit(name, []);
};

/** The programs themselves, and what loads the pieces for them. */
const bundleStarters = async (bundle, entryPieces) => {
  const starters = Object.keys(entryPieces).map((name) =>
    bundle({
      absWorkingDir: root,
      entryPoints: [`src/launch/${name}.ts`],
      outdir: dist,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minify: true,
      write: false,
      define: { entryPiece: JSON.stringify(entryPieces[name]) },
      ...(name === 'lanwright' ? { banner: { js: '#!/usr/bin/env node' } } : {}),
      logLevel: 'warning',
    }),
  );
  return (await Promise.all(starters)).flatMap(({ outputFiles }) => outputFiles);
};

/** Slower programs are no reason to have none: that V8's code is missing is only said. */
const makeCode = async (bundle, files) => {
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: ['tools/make-code.mjs'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'warning',
  });
  const argv = ['--input-type=module', '-', dist, ...files];
  // Code is for the flags that it was made under: those of Node itself.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status, stderr } = spawnSync(process.execPath, argv, { input: outputFiles[0].contents, env });
  if (status !== 0) console.error(`V8's code of the pieces cannot be made:\n${stderr}`);
};

/** V8 looks at the length of a text only: code that was made of another one must not lie beside it. */
const writePiece = ({ path, text }) => {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  rmSync(`${path}.code`, { force: true });
  writeWhole(path, text);
};

const removeOldPieces = (written) => {
  for (const name of readdirSync(dist)) {
    const isOld = isPiece(name) && !written.has(name.replace(/\.code$/, ''));
    if (isOld || name.startsWith('chunk-')) rmSync(join(dist, name), { force: true });
  }
};

export const build = async () => {
  const { build: bundle } = await import('esbuild');
  const { toCommonJs } = await import('./common-js.mjs');
  const bundled = await bundlePieces(bundle);
  const pieces = bundled.outputFiles.map(({ path, text }) => ({ path, ...toCommonJs(text) }));
  checkCircles(pieces);
  const names = pieces.map(({ path }) => basename(path));
  const pieceOf = (entry) => names.find((name) => name.startsWith(`piece-${entry}-`));
  const starters = await bundleStarters(bundle, { lanwright: pieceOf('lanwright'), supervisor: pieceOf('supervisor') });
  mkdirSync(dist, { recursive: true });
  // The sources are modules; what is built of them is not.
  writeWhole(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
  for (const piece of pieces) writePiece(piece);
  for (const { path, text } of starters) writeWhole(path, text);
  await makeCode(bundle, names);
  removeOldPieces(new Set(names));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
