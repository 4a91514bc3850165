/**
 * The documents that are made from the language agree with it: the reference, its examples, and the JSON Schema.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { design } from '../../src/pipeline.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { labJsonSchema, type JsonSchema } from '../../src/spec/json-schema.ts';
import { readSpec } from '../../src/spec/read-spec.ts';
import { specReference } from '../../src/spec/reference.ts';
import { alternatives } from '../../src/spec/shape.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);

describe('docs/spec.md', () => {
  it('is what `npm run docs` writes', () => {
    expect(read('docs/spec.md')).toBe(specReference());
  });

  const examples = [...specReference().matchAll(/```yaml\n(lab:[\s\S]*?)```/g)].map((match) => match[1] ?? '');

  it.each(examples)('has examples that work: %s', (text) => {
    const { diagnostics } = design({ file: 'docs/spec.md', text }, undefined, { random });
    expect(diagnostics.filter(({ severity }) => severity !== 'note')).toEqual([]);
  });

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(2);
  });
});

/** Every map of the language with the path to it. */
const mapsOf = (schema: JsonSchema, path: string): readonly (readonly [string, JsonSchema])[] =>
  alternatives(schema).flatMap((shape) => {
    const { properties = {}, additionalProperties: others, items } = shape;
    const item = items === undefined || 'length' in items ? [] : [items];
    return [
      ...(shape.properties === undefined ? [] : [[path, shape] as const]),
      ...Object.entries(properties).flatMap(([key, value]) => mapsOf(value, `${path}.${key}`)),
      ...(typeof others === 'object' ? mapsOf(others, `${path}.*`) : []),
      ...item.flatMap((inner) => mapsOf(inner, `${path}[]`)),
    ];
  });

describe('the schema', () => {
  const maps = mapsOf(labJsonSchema(), '');

  it('says of every key what it means', () => {
    const silent = maps.flatMap(([path, { properties = {} }]) =>
      Object.entries(properties).flatMap(([key, value]) => (value.description === undefined ? [`${path}.${key}`] : [])),
    );
    expect(silent).toEqual([]);
  });

  it('has a table in the reference for every map', () => {
    const tables = specReference()
      .split('\n### ')
      .map((section) =>
        [...section.matchAll(/^\| `([\w-]+)`(?: \(required\))? \| .* \| .* \|$/gm)].map((match) => match[1]),
      );
    const keys = maps.map(([path, { properties = {} }]) => ({ path, keys: Object.keys(properties) }));
    const missing = keys.filter((map) => !tables.some((table) => map.keys.every((key) => table.includes(key))));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });

  it('is what `npm run docs` writes', () => {
    expect(JSON.parse(read('schema/lab.schema.json'))).toEqual(labJsonSchema());
  });

  // The linter brings a JSON Schema validator along; it stands for the editors'.
  const validate = (): ((value: unknown) => boolean) => {
    const Ajv = createRequire(import.meta.url)('ajv') as new (options: object) => {
      compile: (schema: object) => (value: unknown) => boolean;
    };
    return new Ajv({ unicodeRegExp: false }).compile(labJsonSchema());
  };

  it('accepts the examples, and refuses the faults that it can see', () => {
    const isLab = validate();
    const files = readdirSync(join(root, 'examples')).filter(
      (name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'),
    );
    for (const name of files) expect(isLab(parseYaml(name, read(`examples/${name}`)).value?.value), name).toBe(true);
    let seen = 0;
    for (const code of ['unknown-key', 'missing-key', 'wrong-type', 'unknown-choice', 'out-of-range', 'wrong-length']) {
      for (const name of readdirSync(join(root, 'test/errors', code)).filter((file) => file.endsWith('.yaml'))) {
        const source = parseYaml(name, read(`test/errors/${code}/${name}`)).value;
        // Keys that only other keys call for (`mode: bridged` needs `nic` or `on`) are a matter of the lab, not of the shape.
        const isShapeFault = source !== undefined && hasErrors(readSpec(source).diagnostics);
        if (isShapeFault) expect(isLab(source.value), name).toBe(false);
        seen += Number(isShapeFault);
      }
    }
    expect(seen).toBeGreaterThan(10);
  });
});
