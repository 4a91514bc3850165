/** Xen: xend-config.sxp and domain files of xm and xl, as the host and a stack for each guest. */
import { type Cable, type Interface, type NetworkState } from '../../state/network-state.ts';
import { compareText, field } from '../../state/spelling.ts';
import {
  type ConfigText,
  type Dialect,
  type Omission,
  type ReadContext,
  type Reading,
  type Remark,
  type StackPart,
  type Writing,
} from '../dialect.ts';
import { newDraft, partOf, tellInto } from '../draft.ts';
import { emptyStack } from '../../state/empty-stack.ts';
import { plainNic, stackIn } from '../reading.ts';
import { readDomainText } from './domain-text.ts';
import { editXen } from './edit.ts';
import { setUpHost, setUpVif, type VifDefaults } from './host.ts';
import { readVif, type Vif } from './vif.ts';
import { readXendConfig, type XendConfig } from './xend-config.ts';

const configName = 'xend-config.sxp';
const notDomains = /(^|\/)(xl\.conf|xlexample\..*|xmexample.*|scripts\/.*|cpupool|README.*)$/;

const isXendConfig = ({ path, text }: ConfigText): boolean =>
  path.endsWith(configName) || /^\s*\((network|vif)-script\b/m.test(text);

const ownsPath = (path: string): boolean =>
  /^etc\/xen\/[^/]+$|^etc\/xen\/(auto|vm)\/[^/]+$/.test(path) && !notDomains.test(path);

const resembles = (text: string): number => {
  if (/^\s*\((network|vif)-script\b/m.test(text)) return 0.95;
  return /^\s*vif\s*=\s*\[/m.test(text) ? 0.9 : 0;
};

interface Guest {
  readonly name: string;
  readonly vifs: readonly Vif[];
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.(cfg|conf|sxp|hvm)$/, '');

/** The same file may stand under /etc/xen and be linked into /etc/xen/auto. */
const guestsOf = (texts: readonly ConfigText[], tell: ReturnType<typeof tellInto>): readonly Guest[] => {
  const guests = new Map<string, Guest>();
  for (const file of [...texts].sort((a, b) => compareText(a.path, b.path))) {
    const values = readDomainText(file, tell);
    const name = values.get('name')?.items[0]?.text ?? baseName(file.path);
    const vif = values.get('vif');
    const vifs = (vif?.items ?? []).map(({ text, at }) => readVif(text, at, tell));
    if (vif !== undefined && !vif.isList) tell('error', 'not-a-list', "`vif` is a list: `vif = [ '…' ]`", vif.at);
    if (!guests.has(name)) guests.set(name, { name, vifs });
  }
  return [...guests.values()];
};

const read = (texts: readonly ConfigText[], { stack }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const draft = newDraft(stack, tellInto(remarks));
  let config: XendConfig = {};
  for (const text of texts.filter(isXendConfig)) config = { ...config, ...readXendConfig(text, draft.tell) };
  const bridge = config.network === undefined ? undefined : setUpHost(config.network, draft);
  const defaults: VifDefaults = {
    script: config.vif?.name ?? 'vif-bridge',
    bridge: config.vif?.options.get('bridge') ?? bridge,
  };
  const stacks: Record<string, StackPart> = {};
  const cables: Cable[] = [];
  for (const [index, guest] of guestsOf(
    texts.filter((text) => !isXendConfig(text)),
    draft.tell,
  ).entries()) {
    const interfaces: Record<string, Interface> = {};
    for (const [number, vif] of guest.vifs.entries()) {
      // Domains get their numbers as they start; that of the files' order is as good as any.
      const device = vif.name ?? `vif${index + 1}.${number}`;
      setUpVif(vif, device, defaults, draft);
      const name = `eth${number}`;
      interfaces[name] = { ...plainNic, ...field('mac', vif.mac), ...field('mtuBytes', vif.mtuBytes) };
      draft.origins[`${guest.name}/interfaces/${name}`] = vif.at;
      cables.push({ a: { stack, interface: device }, b: { stack: guest.name, interface: name } });
    }
    stacks[guest.name] = { ...emptyStack, interfaces };
  }
  const part = partOf(draft);
  if (Object.keys(part).length > 0) stacks[stack] = part;
  return { stacks, cables, remarks, origins: draft.origins };
};

/** Keys of one vif, in the order in which people write them. */
const vifText = (guest: Interface, tap: string, host: Interface | undefined, routes: readonly string[]): string =>
  [
    ...(guest.mac === undefined ? [] : [`mac=${guest.mac}`]),
    ...(host?.master === undefined
      ? [...(routes.length === 0 ? [] : [`ip=${routes.join(' ')}`]), 'script=vif-route']
      : ['script=vif-bridge', `bridge=${host.master}`]),
    ...(/^vif\d+\.\d+$/.test(tap) ? [] : [`vifname=${tap}`]),
    ...(guest.mtuBytes === 1500 ? [] : [`mtu=${guest.mtuBytes}`]),
  ].join(',');

const write = (state: NetworkState, host: string): Writing => {
  const own = stackIn(state, host);
  const guests = new Map<string, (readonly [nic: string, tap: string])[]>();
  for (const { a, b } of state.cables) {
    const [near, far] = a.stack === host ? [a, b] : [b, a];
    if (near.stack !== host || far.stack === host) continue;
    guests.set(far.stack, [...(guests.get(far.stack) ?? []), [far.interface, near.interface]]);
  }
  const isGuest = (nics: readonly (readonly [string, string])[]): boolean =>
    nics.every(
      ([, tap]) =>
        own.interfaces[tap]?.master !== undefined ||
        own.routes.some(({ dev, to }) => dev === tap && /\/(32|128)$/.test(to)),
    );
  const omissions: Omission[] = [];
  const files = [...guests].flatMap(([name, nics]): readonly ConfigText[] => {
    if (!isGuest(nics)) return [];
    const guest = stackIn(state, name);
    const lines = [...nics]
      .sort(([a], [b]) => compareText(a, b))
      .map(([nic, tap]) => {
        const it = guest.interfaces[nic] ?? plainNic;
        const routes = own.routes.filter(({ dev }) => dev === tap).map(({ to }) => to.slice(0, to.indexOf('/')));
        return `  '${vifText(it, tap, own.interfaces[tap], routes)}',`;
      });
    return [
      {
        path: `etc/xen/${name}.cfg`,
        text: [`name = '${name}'`, 'memory = 256', 'vif = [', ...lines, ']', ''].join('\n'),
      },
    ];
  });
  const written = new Set(files.flatMap(({ path }) => guests.get(baseName(path))?.map(([, tap]) => tap) ?? []));
  for (const [name, it] of Object.entries(own.interfaces))
    if (!written.has(name) && it.kind !== 'loopback')
      omissions.push({
        stack: host,
        what: `interfaces/${name}`,
        why: 'the host’s own interfaces belong into the host’s own files',
      });
  return { files, omissions };
};

export const xen: Dialect = {
  name: 'xen',
  owns: ownsPath,
  resembles,
  read,
  write,
  edit: editXen({ read, isConfig: isXendConfig, baseName }),
};
