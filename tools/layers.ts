/**
 * Who may import whom: the arrows of ARCHITECTURE.md as data, types included. `test/architecture.test.ts` holds the
 * sources to it, and ARCHITECTURE.md's folder table to this file.
 */
export interface Layer {
  /** Folders of src/ that it may import, besides itself. */
  readonly imports: readonly string[];
  /** npm packages it may import. */
  readonly packages: readonly string[];
  /** Does I/O: may import `node:` modules and read the clock, the environment and chance. */
  readonly isRim: boolean;
}

const pure = (imports: readonly string[], packages: readonly string[] = []): Layer => ({
  imports,
  packages,
  isRim: false,
});
const rim = (imports: readonly string[], packages: readonly string[] = []): Layer => ({
  imports,
  packages,
  isRim: true,
});

/** Keyed by folder of src/, or by file where it is alone. In reading order, from the waist's sources to the rim. */
export const layers: Readonly<Record<string, Layer>> = {
  diagnostics: pure([], ['string-width']),
  net: pure([]),
  source: pure(['diagnostics'], ['yaml']),
  spec: pure(['source', 'diagnostics', 'net'], ['zod']),
  state: pure(['net']),
  lab: pure(['spec', 'source', 'state', 'diagnostics', 'net'], ['yaml', 'zod']),
  lower: pure(['lab', 'state', 'diagnostics', 'net']),
  reach: pure(['state', 'net']),
  plan: pure(['state', 'net']),
  services: pure(['state', 'net']),
  dialects: pure(['state', 'net'], ['saxes', 'yaml']),
  lint: pure(['dialects', 'reach', 'state', 'diagnostics', 'net']),
  inspect: pure(['reach', 'dialects', 'state', 'net']),
  recognise: pure(['dialects', 'reach', 'lower', 'lab', 'state', 'diagnostics', 'net']),
  draw: pure(['lab', 'state'], ['elkjs']),
  appliance: pure(['net', 'diagnostics']),
  'pipeline.ts': pure(['source', 'spec', 'lab', 'lower', 'state', 'plan', 'diagnostics']),
  launch: rim([]),
  run: rim(['diagnostics', 'lab']),
  images: rim(['appliance', 'run', 'state', 'net', 'diagnostics']),
  linux: rim(['run', 'dialects', 'plan', 'state', 'net'], ['koffi']),
  guest: rim(['run', 'linux']),
  machines: rim(['run', 'guest', 'linux', 'state']),
  host: rim(['machines', 'linux', 'run', 'inspect', 'reach', 'state', 'net']),
  probe: rim(['linux', 'run', 'reach', 'lower', 'lab', 'state', 'diagnostics', 'net']),
  world: rim(['machines', 'guest', 'linux', 'run', 'probe', 'services', 'plan', 'reach', 'state', 'net']),
  cli: rim(
    [
      'pipeline.ts',
      'world',
      'host',
      'machines',
      'images',
      'appliance',
      'guest',
      'probe',
      'run',
      'plan',
      'recognise',
      'inspect',
      'draw',
      'lint',
      'services',
      'dialects',
      'reach',
      'lower',
      'lab',
      'state',
      'spec',
      'source',
      'net',
      'diagnostics',
    ],
    ['commander', 'string-width'],
  ),
};

/** Folders that may start processes. */
export const processStarters: readonly string[] = ['run', 'world', 'linux', 'machines'];

/** Lines a source file may have. */
export const longestFile = 350;
