/** docs/lint.md agrees with the rules, and the rules with the house's ways. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { lintReference } from '../../src/lint/reference.ts';
import { lintRules } from '../../src/lint/rules.ts';

const page = join(dirname(fileURLToPath(import.meta.url)), '../../docs/lint.md');

describe('docs/lint.md', () => {
  it('is what `npm run docs` writes', async () => {
    const text = await format(lintReference(), { parser: 'markdown', ...(await resolveConfig(page)) });
    expect(readFileSync(page, 'utf8')).toBe(text);
  });
});

describe('the rules', () => {
  it('have names of their own, a title in one line, and an explanation in sentences', () => {
    expect(new Set(lintRules.map(({ code }) => code)).size).toBe(lintRules.length);
    for (const { code, title, explanation } of lintRules) {
      expect(code).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
      expect(title, code).toMatch(/^[^\n]+[^.]$/);
      expect(explanation, code).toMatch(/[.)]$/);
      expect(explanation.length, code).toBeGreaterThan(80);
    }
  });
});
