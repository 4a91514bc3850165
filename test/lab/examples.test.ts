import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { printDiagnostics } from '../../src/diagnostics/print-text.ts';
import { buildLab } from '../../src/lab/build-lab.ts';
import { parseYaml } from '../../src/source/parse-yaml.ts';
import { readSpec } from '../../src/spec/read-spec.ts';

describe('every example', () => {
  for (const name of readdirSync('examples').filter((file) => file.endsWith('.yaml') && !file.endsWith('.lock.yaml')))
    test(name, () => {
      const file = `examples/${name}`;
      const text = readFileSync(file, 'utf8');
      const source = parseYaml(file, text);
      const spec = source.value === undefined ? undefined : readSpec(source.value);
      const built =
        spec?.value === undefined ? undefined : buildLab(spec.value, undefined, { random: (n) => new Uint8Array(n) });
      const all = [...source.diagnostics, ...(spec?.diagnostics ?? []), ...(built?.diagnostics ?? [])];
      expect(printDiagnostics(all, new Map([[file, text]]), { color: false, width: 120 })).toBe('');
      expect(built?.value).toBeDefined();
    });
});
