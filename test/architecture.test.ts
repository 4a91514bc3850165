/**
 * The shape of the program as tests: arrows, cycles, purity, sizes, and the documents that describe them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { layers, longestFile, processStarters } from '../tools/layers.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const src = join(root, 'src');

interface Source {
  /** Relative to src/. */
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*'([^']+)'|(?:^|\n)import\s*'([^']+)'|\bimport\('([^']+)'\)/g;

/** Comments, texts and patterns blanked out, so that a word in a sentence is no use of a name. */
const codeOf = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, (found) =>
    found.replaceAll(/[^\n]/g, ' '),
  );

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(src, path), 'utf8');
    const imports = [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
    return { path, layer: path.split('/')[0] ?? path, text, imports };
  });

const targetOf = (source: Source, specifier: string): string =>
  relative(src, join(src, dirname(source.path), specifier));

const lineInTable = (name: string): string => {
  const lines = readFileSync(join(root, 'tools/layers.ts'), 'utf8').split('\n');
  const index = lines.findIndex((line) => line.trimStart().startsWith(`${name}:`) || line.includes(`'${name}':`));
  return `tools/layers.ts:${index + 1}`;
};

const refusal = (source: Source, specifier: string): string | undefined => {
  const layer = layers[source.layer];
  if (layer === undefined) return `src/${source.path}: \`${source.layer}\` is not in tools/layers.ts`;
  const refuse = (why: string): string =>
    `src/${source.path} imports '${specifier}': ${why}; if that is meant, say so in ${lineInTable(source.layer)}`;
  if (specifier.startsWith('.')) {
    const target = targetOf(source, specifier).split('/')[0] ?? '';
    if (!specifier.endsWith('.ts')) return refuse('relative imports end in .ts');
    return target === source.layer || layer.imports.includes(target)
      ? undefined
      : refuse(`\`${source.layer}\` may not know \`${target}\``);
  }
  if (specifier.startsWith('node:')) {
    if (!layer.isRim) return refuse(`\`${source.layer}\` is pure`);
    return specifier === 'node:child_process' && !processStarters.includes(source.layer)
      ? refuse(`processes are started in ${processStarters.join(', ')}`)
      : undefined;
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return layer.packages.includes(name) ? undefined : refuse(`\`${source.layer}\` may not use the package \`${name}\``);
};

const cycles = (): readonly string[] => {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => targetOf(source, specifier)),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    else if (!done.has(path)) {
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
};

const uses = (pattern: RegExp, isExempt: (source: Source) => boolean): readonly string[] =>
  sources
    .filter((source) => !isExempt(source))
    .flatMap(({ path, text }) =>
      codeOf(text)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`src/${path}:${index + 1}: ${line.trim()}`] : [])),
    );

const isRim = (source: Source): boolean => layers[source.layer]?.isRim === true;

describe('the arrows', () => {
  it('lets each folder import only what tools/layers.ts says, types included', () => {
    expect(
      sources.flatMap((source) => source.imports.flatMap((specifier) => refusal(source, specifier) ?? [])),
    ).toEqual([]);
  });

  it('has no cycle between files', () => {
    expect(cycles()).toEqual([]);
  });

  it('has no cycle between layers', () => {
    const remaining = new Map(Object.entries(layers).map(([name, layer]) => [name, new Set(layer.imports)]));
    for (let isShrinking = true; isShrinking;) {
      const free = [...remaining].filter(([, needs]) => needs.size === 0).map(([name]) => name);
      isShrinking = free.length > 0;
      for (const name of free) {
        remaining.delete(name);
        for (const needs of remaining.values()) needs.delete(name);
      }
    }
    expect([...remaining.keys()]).toEqual([]);
  });
});

describe('purity', () => {
  it('reads clock, chance and environment only in the rim', () => {
    expect(uses(/\bDate\b|\bMath\.random\b|\bprocess\.|\bperformance\./, isRim)).toEqual([]);
  });

  it('writes through the streams of the command line, never to the console', () => {
    expect(uses(/\bconsole\./, () => false)).toEqual([]);
  });

  it('ends the process only in the command line and the supervisor', () => {
    expect(uses(/\bprocess\.exit\(/, ({ layer }) => layer === 'cli' || layer === 'world')).toEqual([]);
  });

  it('starts no shell', () => {
    expect(uses(/\bshell: true|\bexecSync\b|\bexec\(['"`]/, () => false)).toEqual([]);
  });
});

describe('sizes and headers', () => {
  it(`keeps files within ${longestFile} lines`, () => {
    const long = sources.filter(({ text }) => text.split('\n').length > longestFile + 1);
    expect(long.map(({ path }) => `src/${path}`)).toEqual([]);
  });

  it('begins every file with a comment that says what it does', () => {
    expect(sources.filter(({ text }) => !text.startsWith('/**')).map(({ path }) => `src/${path}`)).toEqual([]);
  });
});

describe('documents', () => {
  const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const rows = [...architecture.matchAll(/^\| `src\/([\w.-]+?)\/?`\s*\|[^|]*\|([^|]*)\|/gm)];
  const words = (cell: string): readonly string[] => [...cell.matchAll(/`([\w.-]+)`/g)].map((match) => match[1] ?? '');

  it('has the folders of ARCHITECTURE.md, tools/layers.ts and src/ agree', () => {
    const inTable = rows.map((row) => row[1] ?? '');
    expect(inTable).toEqual(Object.keys(layers));
    expect(
      readdirSync(src)
        .filter((name) => !name.endsWith('.test.ts'))
        .sort(),
    ).toEqual([...inTable].sort());
  });

  it('has the imports of ARCHITECTURE.md and tools/layers.ts agree', () => {
    const told = Object.fromEntries(rows.map((row) => [row[1] ?? '', words(row[2] ?? '')]));
    const ruled = Object.fromEntries(
      Object.entries(layers).map(([name, { imports, packages }]) => [name, [...imports, ...packages]]),
    );
    expect(told).toEqual(ruled);
  });

  it('names in the glossary only types that exist', () => {
    const glossary = readFileSync(join(root, 'docs/glossary.md'), 'utf8');
    const entries = [...glossary.matchAll(/^- \*\*`(\w+)`\*\*/gm)].map((match) => match[1] ?? '');
    const all = sources.map(({ text }) => text).join('\n');
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.length).toBeLessThan(40);
    expect(entries.filter((name) => !new RegExp(`export (?:interface|type) ${name}\\b`).test(all))).toEqual([]);
  });

  it('links only to files that exist', () => {
    const pages = [
      'README.md',
      'ARCHITECTURE.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      'docs/glossary.md',
      'docs/cli.md',
    ];
    const broken = pages
      .filter((page) => existsSync(join(root, page)))
      .flatMap((page) =>
        [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
          .map((match) => match[1] ?? '')
          .filter((target) => !existsSync(join(root, dirname(page), target)))
          .map((target) => `${page}: ${target}`),
      );
    expect(broken).toEqual([]);
  });
});
