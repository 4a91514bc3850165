/**
 * Writes the documents that are made from the sources: docs/spec.md and schema/lab.schema.json from the language, docs/lint.md
 * from the rules of lint. `test/spec/documents.test.ts` and `test/lint/documents.test.ts` compare them with what is committed.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A module of src/ in this process: bundled first, because Node 20 does not read TypeScript. */
const load = async (name) => {
  const folder = mkdtempSync(join(root, 'node_modules/.docs-'));
  try {
    const outfile = join(folder, 'module.mjs');
    const entry = join(root, 'src', name);
    await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning' });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const write = (name, text) => {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  process.stdout.write(`${name}\n`);
};

const { specReference } = await load('spec/reference.ts');
const { labJsonSchema } = await load('spec/json-schema.ts');
write('docs/spec.md', specReference());
const { lintReference } = await load('lint/reference.ts');
write(
  'docs/lint.md',
  await format(lintReference(), { parser: 'markdown', ...(await resolveConfig(join(root, 'docs/lint.md'))) }),
);
write('schema/lab.schema.json', `${JSON.stringify(labJsonSchema(), null, 2)}\n`);
