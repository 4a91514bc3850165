import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTree, type Tree } from '../../src/run/read-tree.ts';

const nobody = 65534;
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'read-tree-'));
  mkdirSync(join(root, 'etc/netplan'), { recursive: true });
  mkdirSync(join(root, 'etc/secret'));
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
  writeFileSync(join(root, 'etc/netplan/1.yaml'), 'network: { version: 2 }\n');
  writeFileSync(join(root, 'etc/image'), Buffer.from([0, 1, 2]));
  chmodSync(root, 0o755);
  chmodSync(join(root, 'etc/netplan/1.yaml'), 0);
  chmodSync(join(root, 'etc/secret'), 0);
});

afterAll(() => {
  chmodSync(join(root, 'etc/secret'), 0o700);
  rmSync(root, { recursive: true });
});

/** Root may read everything: it is asked as somebody else. */
const asNobody = async (ask: () => Promise<Tree>): Promise<Tree> => {
  const own = process.geteuid?.() ?? nobody;
  if (own === 0) process.seteuid?.(nobody);
  try {
    return await ask();
  } finally {
    if (own === 0) process.seteuid?.(own);
  }
};

describe('files below a directory', () => {
  it('are read but for what is no text, and what this user may not read is named', async () => {
    const tree = await asNobody(() => readTree(root));
    expect(tree.files.map(({ path }) => path)).toEqual(['etc/hosts']);
    expect(tree.closed).toEqual(['etc/secret/', 'etc/netplan/1.yaml']);
    expect(tree.diagnostics).toEqual([]);
  });

  it('are told where there are none', async () => {
    const { diagnostics } = await readTree(join(root, 'none'));
    expect(diagnostics).toMatchObject([{ code: 'no-file', help: 'name files, or a directory that holds etc/' }]);
  });
});
