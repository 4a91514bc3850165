/**
 * The real ufw(8), unpacked beside the host: it carries out commands on files of its own, in namespaces of its own, and the
 * kernel there says what it loaded.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { readIptables } from '../../../src/dialects/iptables/read.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { programTree } from '../../../tools/program-tree.mjs';

const has = (...argv: readonly string[]): boolean =>
  spawnSync('sh', ['-c', `command -v ${argv.join(' ')}`]).status === 0;

/** In CI a missing program is a failure. */
export const isUfwMissing =
  process.env['CI'] === undefined &&
  !(existsSync(join(programTree, 'lib/ufw/ufw-init')) && existsSync('/usr/bin/python3') && has('iptables-restore'));

export interface RealRun {
  /** What each command said. */
  readonly told: readonly string[];
  /** What the kernel holds in the end. */
  readonly filter: readonly FilterTable[];
  /** Files as ufw left them, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Files as ufw brings them. */
export const shippedFiles = (): readonly ConfigText[] =>
  kept.map((path) => ({
    path,
    text: readFileSync(join(programTree, 'usr/share/ufw/iptables', path.slice(8)), 'utf8'),
  }));

const kept = ['user', 'user6', 'before', 'before6', 'after', 'after6'].map((name) => `etc/ufw/${name}.rules`);

const layOut = (root: string, files: readonly ConfigText[]): void => {
  cpSync(join(programTree, 'lib/ufw'), join(root, 'lib/ufw'), { recursive: true });
  cpSync(join(programTree, 'etc/ufw'), join(root, 'etc/ufw'), { recursive: true });
  cpSync(join(programTree, 'usr/share/ufw/iptables'), join(root, 'etc/ufw'), { recursive: true });
  cpSync(join(programTree, 'usr/share/ufw/ufw.conf'), join(root, 'etc/ufw/ufw.conf'));
  mkdirSync(join(root, 'etc/default'), { recursive: true });
  cpSync(join(programTree, 'etc/default/ufw'), join(root, 'etc/default/ufw'));
  cpSync(join(programTree, 'usr/lib/python3/dist-packages/ufw'), join(root, 'python/ufw'), { recursive: true });
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
};

/** Each command on a line of its own, with a line that ends what it says. */
const script = `
export PYTHONPATH=$1/python
while IFS= read -r words; do
  eval "/usr/bin/python3 -W ignore $2/usr/sbin/ufw --rootdir=$1 --datadir=$1 $words" 2>&1 </dev/null || true
  echo ===
done
iptables-save >$1/saved4
ip6tables-save >$1/saved6
`;

/** `commands`: what stands behind `ufw`, as typed; `files`: in place of those that ufw brings. */
export const runRealUfw = (commands: readonly string[], files: readonly ConfigText[] = []): RealRun => {
  const root = mkdtempSync(join(tmpdir(), 'lanwright-ufw-'));
  try {
    layOut(root, files);
    const told = execFileSync('unshare', ['-Urnm', 'sh', '-c', script, 'sh', root, programTree], {
      input: commands.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 300_000,
    });
    const saved = (family: 4 | 6): readonly FilterTable[] =>
      readIptables(readFileSync(join(root, `saved${family}`), 'utf8'), family).tables;
    return {
      told: told
        .split('===\n')
        .slice(0, -1)
        .map((text) => text.replace(/^WARN: .*\n/gm, '').trim()),
      filter: [...saved(4), ...saved(6)],
      files: Object.fromEntries(kept.map((path) => [path, readFileSync(join(root, path), 'utf8')])),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

/** Of each chain what decides, as the kernel spells it, without comments that it was not told. */
export const spelt = (tables: readonly FilterTable[], isMeant = (_chain: string): boolean => true): readonly string[] =>
  tables
    .flatMap(({ family, name, chains, subchains = [] }) =>
      [...chains.filter(({ rules, policy }) => rules.length > 0 || policy === 'drop'), ...subchains]
        .filter((chain) => isMeant(chain.name))
        .map((chain) =>
          JSON.stringify([family, name, chain], (key, value: unknown) => {
            if (key === 'comment') return undefined;
            if (key !== 'text' || typeof value !== 'string') return value;
            return value
              .replaceAll(/ --name DEFAULT| --rsource| --mask (?:255\.255\.255\.255|ffff:[f:]+)/g, '')
              .replaceAll('3/minute', '3/min')
              .replace(/(--limit 3\/min)$/, '$1 --limit-burst 5');
          }),
        ),
    )
    .toSorted();
