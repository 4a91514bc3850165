/** Every finding of planning has a case in test/errors, where its text is read as a user reads it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const finding = /findings\.(?:error|warning)\(\s*'([a-z0-9-]+)'|\?\s*'([a-z0-9-]+-[a-z0-9-]+)' : '([a-z0-9-]+)'/g;

it('has a case', () => {
  const sources = readdirSync(join(root, 'src/lab'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const codes = sources.flatMap((path) =>
    [...readFileSync(join(root, 'src/lab', path), 'utf8').matchAll(finding)].flatMap((match) =>
      [match[1], match[2], match[3]].filter((code) => code !== undefined),
    ),
  );
  const missing = codes.filter((code) => !existsSync(join(root, 'test/errors', code)));
  expect(missing).toEqual([]);
  expect(codes.length).toBeGreaterThan(50);
});
