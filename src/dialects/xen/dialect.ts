/** Xen: xend-config.sxp, xl.conf and domain files of xm and xl, as the host and a stack for each guest. */
import { type Cable, type Interface } from '../../state/network-state.ts';
import { compareText, field } from '../../state/spelling.ts';
import {
  type ConfigText,
  type Dialect,
  type ReadContext,
  type Reading,
  type Remark,
  type StackPart,
} from '../dialect.ts';
import { newDraft, partOf, tellInto } from '../draft.ts';
import { emptyStack } from '../../state/empty-stack.ts';
import { plainNic } from '../reading.ts';
import { readDomainText } from './domain-text.ts';
import { editXen } from './edit.ts';
import { setUpHost } from './host.ts';
import { readVif, type Vif } from './vif.ts';
import { setUpVif, type VifDefaults } from './vif-scripts.ts';
import { write } from './write.ts';
import { isXlConf, readXlConf, type XlConf } from './xl-conf.ts';
import { readXendConfig, type XendConfig } from './xend-config.ts';

const configName = 'xend-config.sxp';
const notDomains = /(^|\/)(xlexample\..*|xmexample.*|scripts\/.*|cpupool|README.*)$/;

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
    const vifs = (vif?.isList === true ? vif.items : []).map(({ text, at }) => readVif(text, at, tell));
    if (vif !== undefined && !vif.isList) tell('error', 'not-a-list', "`vif` is a list: `vif = [ '…' ]`", vif.at);
    if (!guests.has(name)) guests.set(name, { name, vifs });
  }
  return [...guests.values()];
};

const read = (texts: readonly ConfigText[], { stack, interfaces: known = {} }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const draft = newDraft(stack, tellInto(remarks));
  let config: XendConfig = {};
  let conf: XlConf = {};
  for (const text of texts.filter(isXendConfig)) config = { ...config, ...readXendConfig(text, draft.tell) };
  for (const text of texts.filter(isXlConf)) conf = { ...conf, ...readXlConf(text, draft.tell) };
  const bridge = config.network === undefined ? undefined : setUpHost(config.network, draft);
  const isXend = texts.some(isXendConfig) && Object.keys(conf).length === 0;
  const defaults: VifDefaults = {
    script: conf.script ?? config.vif?.name ?? 'vif-bridge',
    bridge: conf.bridge ?? config.vif?.options.get('bridge') ?? bridge,
    gatewayDevice: conf.gatewayDevice ?? config.vif?.options.get('netdev') ?? 'eth0',
    routeMetric: isXend ? 0 : 2,
    known,
  };
  const stacks: Record<string, StackPart> = {};
  const cables: Cable[] = [];
  for (const [domain, guest] of guestsOf(
    texts.filter((text) => !isXendConfig(text) && !isXlConf(text)),
    draft.tell,
  ).entries()) {
    const interfaces: Record<string, Interface> = {};
    for (const [index, vif] of guest.vifs.entries()) {
      // Domains get their numbers as they start; that of the files' order is as good as any.
      const device = vif.name ?? `vif${domain + 1}.${vif.number ?? index}`;
      setUpVif(vif, device, defaults, draft);
      const name = `eth${index}`;
      // Linux's netfront leaves its MTU at 1500, whatever the host's end has.
      interfaces[name] = { ...plainNic, ...field('mac', vif.mac) };
      draft.origins[`${guest.name}/interfaces/${name}`] = vif.at;
      cables.push({ a: { stack, interface: device }, b: { stack: guest.name, interface: name } });
    }
    stacks[guest.name] = { ...emptyStack, interfaces };
  }
  const part = partOf(draft);
  if (Object.keys(part).length > 0) stacks[stack] = part;
  return { stacks, cables, remarks, origins: draft.origins };
};

export const xen: Dialect = {
  name: 'xen',
  owns: ownsPath,
  resembles,
  read,
  write: write(read),
  edit: (texts, state, host) => {
    // What xl takes for all guests stays, and is heard.
    const [kept, own] = [texts.filter(isXlConf), texts.filter((text) => !isXlConf(text))];
    const readOwn: typeof read = (of, context) => read([...kept, ...of], context);
    const { files, omissions } = editXen({ read: readOwn, isConfig: isXendConfig, baseName })(own, state, host);
    return { files: [...kept, ...files], omissions };
  },
};
