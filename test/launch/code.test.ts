/** The bundle is loaded with the code that V8 made of it, and works without. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');
const pieces = readdirSync(dist).filter((name) => name.endsWith('.cjs'));

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lanwright-launch-'));
  mkdirSync(join(folder, 'copy'));
  cpSync(dist, join(folder, 'copy/dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'copy/node_modules'));
  const contents = `
    import { openPieces, setFlags } from '${join(root, 'src/launch/pieces.ts')}';
    setFlags();
    const refused = [];
    const tell = ({ file, script }) => { if (script.cachedDataRejected !== false) refused.push(file); };
    const load = openPieces(process.argv[2], tell);
    for (const file of process.argv.slice(3)) load(file);
    console.log(JSON.stringify(refused));
  `;
  const outfile = join(folder, 'refused.cjs');
  await build({ stdin: { contents, resolveDir: root }, bundle: true, platform: 'node', format: 'cjs', outfile });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The pieces whose code V8 does not take in a process of these flags. */
const refusedWith = (...flags: readonly string[]): readonly string[] => {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const argv = [...flags, join(folder, 'refused.cjs'), dist, ...pieces];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { env });
  expect(stderr.toString()).toBe('');
  return JSON.parse(stdout.toString()) as readonly string[];
};

const explain = (program: string, options = ''): string => {
  const argv = ['explain', '-f', join(root, 'examples/quickstart.yaml'), 'web', 'db'];
  const env = { ...process.env, NODE_OPTIONS: options };
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { env, cwd: folder });
  expect(stderr.toString()).toBe('');
  return stdout.toString();
};

describe('the command', () => {
  it.each([
    ['gets to its end', 'async () => undefined', 0],
    ['says how it ended', 'async () => { process.exitCode = 3; }', 3],
    ['fails', 'async () => { throw new Error("no"); }', 1],
    ['waits for what never comes', '() => new Promise(() => undefined)', 13],
    ['has characters beyond ASCII', 'async () => { process.exitCode = /^[→]$/.test("\\u2192") ? 4 : 5; }', 4],
  ])('%s', async (_, main, status) => {
    const place = mkdtempSync(join(folder, 'command-'));
    const outfile = join(place, 'start.cjs');
    const entryPoints = [join(root, 'src/launch/lanwright.ts')];
    const define = { entryPiece: '"it.cjs"' };
    await build({ entryPoints, bundle: true, platform: 'node', format: 'cjs', outfile, define });
    writeFileSync(join(place, 'it.cjs'), `module.exports = { main: ${main} };`);
    expect(spawnSync(process.execPath, [outfile]).status).toBe(status);
  });
});

describe('what V8 made of the pieces', () => {
  it('is there for each, and taken by the command line and the supervisor', () => {
    for (const name of pieces) expect(existsSync(join(dist, `${name}.code`)), name).toBe(true);
    expect(pieces.length).toBeGreaterThan(20);
    expect(refusedWith()).toEqual([]);
    expect(refusedWith('--max-semi-space-size=8')).toEqual([]);
  });

  it('is refused by V8 under other flags, and everything works all the same', () => {
    const usual = explain(join(dist, 'lanwright.js'));
    expect(usual).toContain('web');
    expect(refusedWith('--max-old-space-size=400')).toHaveLength(pieces.length);
    expect(explain(join(dist, 'lanwright.js'), '--max-old-space-size=400')).toBe(usual);
  });

  it('may be missing, or cut off', () => {
    const usual = explain(join(dist, 'lanwright.js'));
    const copy = join(folder, 'copy/dist');
    const codes = readdirSync(copy).filter((name) => name.endsWith('.code'));
    for (const name of codes) truncateSync(join(copy, name), 1000);
    expect(explain(join(copy, 'lanwright.js'))).toBe(usual);
    for (const name of codes) rmSync(join(copy, name));
    expect(explain(join(copy, 'lanwright.js'))).toBe(usual);
  });
});
