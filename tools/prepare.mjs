/**
 * From a fresh clone on a machine that has only Node and npm to one where Lanwright runs: npm packages, Debian packages,
 * the build. Plain Node, because nothing else is there yet. What cannot be mended here ends with exit status 3 and the
 * one line that mends it.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Debian leaves these out of the path of ordinary users, and the programs of networks live there.
const path = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean);
export const environment = { ...process.env, PATH: [...new Set(path)].join(':') };

const readJson = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));

const isRunnable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const isPresent = (program) => path.some((folder) => isRunnable(join(folder, program)));

const giveUp = (reason, line) => {
  console.error(`\n${reason}\n  help: ${line}`);
  process.exit(3);
};

/** Runs a program on our own terminal; its exit status. */
export const run = (program, argv, extra = {}) => {
  const result = spawnSync(program, argv, { cwd: root, stdio: 'inherit', env: { ...environment, ...extra } });
  return result.status ?? 1;
};

export const checkNode = () => {
  const wanted = readJson('package.json').engines.node.replace(/^\D+/, '').split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  const isOld = have[0] < wanted[0] || (have[0] === wanted[0] && have[1] < wanted[1]);
  if (isOld)
    giveUp(`Lanwright needs Node ${wanted.join('.')} or later, this is ${process.versions.node}`, 'https://nodejs.org');
};

/** Whether node_modules holds what package-lock.json names; what is for other platforms may be absent. */
const hasPackages = () => {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(readJson('package-lock.json').packages).every(
    ([name, { version, optional }]) => name === '' || optional === true || installed[name]?.version === version,
  );
};

export const installNpmPackages = () => {
  if (hasPackages()) return;
  console.log('Installing the npm packages …');
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) giveUp('the npm packages cannot be installed', `cd ${root} && npm ci`);
};

/**
 * Runs what its arguments say, while no package may start the daemons that it brings (invoke-rc.d(8)): they are wanted
 * for networks of Lanwright's, and would serve this machine's. A policy that is there stays.
 */
const withoutDaemons = `policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
"$@"`;

const installWith = (prefix, packages) => {
  const apt = (...argv) => {
    const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...argv];
    const [program, ...rest] = [...prefix, 'sh', '-c', withoutDaemons, 'sh', ...words];
    return run(program, rest) === 0;
  };
  const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
  // A machine that never updated its lists, or long ago, knows no packages.
  return install() || (apt('update') && install());
};

/** Installs the Debian packages whose programs are missing. `purposes`: keys of requirements.json. */
export const installDebianPackages = (purposes) => {
  const requirements = readJson('tools/requirements.json');
  const missing = purposes.flatMap((purpose) => requirements[purpose]).filter(({ program }) => !isPresent(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((entry) => entry.package))];
  const programs = missing.map((entry) => entry.program).join(', ');
  if (!isPresent('apt-get'))
    giveUp(`these programs are missing: ${programs}`, 'install them with the package manager of this system');
  const line = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  const maySudo = !isRoot && isPresent('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  if (!isRoot && !maySudo) giveUp(`these programs are missing: ${programs}`, `sudo sh -c '${line}'`);
  console.log(`Installing the Debian packages ${packages.join(', ')} …`);
  if (!installWith(isRoot ? [] : ['sudo', '-n'], packages)) giveUp('the Debian packages cannot be installed', line);
};

/** Builds dist/ where it is older than the sources. */
export const buildIfStale = async () => {
  const { build, isStale } = await import('./build.mjs');
  if (isStale()) await build();
};
