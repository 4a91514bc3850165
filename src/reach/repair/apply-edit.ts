/** A NetworkState with one edit made, as the kernel would hold it after the edit's commands. */
import { type Interface, type NetworkState, type Stack } from '../../state/network-state.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { type Edit } from './edit.ts';

type EditOf<K extends Edit['kind']> = Extract<Edit, { kind: K }>;

const withInterface = (stack: Stack, name: string, change: (it: Interface) => Interface): Stack => {
  const it = stack.interfaces[name];
  return it === undefined ? stack : { ...stack, interfaces: { ...stack.interfaces, [name]: change(it) } };
};

/** Writing these writes every interface of the family (devinet_sysctl_forward, addrconf_sysctl_forward). */
const writesAll: readonly (readonly [key: RegExp, written: RegExp])[] = [
  [/^net\/ipv4\/(ip_forward|conf\/all\/forwarding)$/, /^net\/ipv4\/(ip_forward|conf\/[^/]+\/forwarding)$/],
  [/^net\/ipv6\/conf\/all\/forwarding$/, /^net\/ipv6\/conf\/[^/]+\/forwarding$/],
];

const withSysctl = ({ sysctls, ...stack }: Stack, { key, value }: EditOf<'set-sysctl'>): Stack => {
  const overwritten = writesAll.find(([whole]) => whole.test(key))?.[1];
  const kept = Object.entries(sysctls).filter(([other]) => overwritten?.test(other) !== true);
  return { ...stack, sysctls: { ...Object.fromEntries(kept), [key]: value } };
};

const isTable = (table: FilterTable, wanted: Pick<FilterTable, 'family' | 'name'>): boolean =>
  table.family === wanted.family && table.name === wanted.name;

const withRule = (stack: Stack, { table, chain, index, rule }: EditOf<'insert-rule'>): Stack => {
  const inserted = <C extends { readonly name: string; readonly rules: readonly FilterRule[] }>(it: C): C =>
    it.name === chain ? { ...it, rules: it.rules.toSpliced(index, 0, rule) } : it;
  const filter = stack.filter.map((it): FilterTable =>
    isTable(it, table)
      ? {
          ...it,
          chains: it.chains.map(inserted),
          ...(it.subchains === undefined ? {} : { subchains: it.subchains.map(inserted) }),
        }
      : it,
  );
  return { ...stack, filter };
};

const withChain = (stack: Stack, table: EditOf<'add-chain'>['table'], chain: FilterChain): Stack => ({
  ...stack,
  filter: stack.filter.some((it) => isTable(it, table))
    ? stack.filter.map((it) => (isTable(it, table) ? { ...it, chains: [...it.chains, chain] } : it))
    : [...stack.filter, { ...table, chains: [chain] }],
});

const bornPort = { isolated: false, hairpin: false, flood: true, learning: true } as const;

/** Settings stand in a port only where they differ from those it was born with. */
const withPortSetting = (it: Interface, { setting, isOn }: EditOf<'set-port'>): Interface => {
  const { [setting]: _was, ...others } = it.port ?? {};
  const told = isOn === bornPort[setting] ? {} : { [setting]: isOn };
  return { ...it, port: { ...others, ...told } };
};

const onStack = (stack: Stack, edit: Edit): Stack => {
  switch (edit.kind) {
    case 'add-route':
      return { ...stack, routes: [...stack.routes, edit.route] };
    case 'replace-route': {
      const was = JSON.stringify(edit.was);
      return { ...stack, routes: stack.routes.map((it) => (JSON.stringify(it) === was ? edit.route : it)) };
    }
    case 'add-policy-rule':
      return { ...stack, rules: [...stack.rules, edit.rule] };
    case 'set-sysctl':
      return withSysctl(stack, edit);
    case 'insert-rule':
      return withRule(stack, edit);
    case 'add-chain':
      return withChain(stack, edit.table, edit.chain);
    case 'add-neighbour-proxy':
      return { ...stack, neighbourProxies: [...stack.neighbourProxies, edit.proxy] };
    case 'remove-neighbour': {
      const { address, dev } = edit.neighbour;
      const neighbours = (stack.neighbours ?? []).filter((it) => it.address !== address || it.dev !== dev);
      return { ...stack, neighbours };
    }
    case 'bring-up':
      return withInterface(stack, edit.interface, (it) => ({ ...it, up: true }));
    case 'plug-into-bridge':
      return withInterface(stack, edit.interface, (it) => ({ ...it, master: edit.bridge }));
    case 'set-port':
      return withInterface(stack, edit.interface, (it) => withPortSetting(it, edit));
    case 'set-mtu':
      return withInterface(stack, edit.interface, (it) => ({ ...it, mtuBytes: edit.mtuBytes }));
    case 'set-prefix-length':
      return withInterface(stack, edit.interface, (it) => ({
        ...it,
        addresses: it.addresses.map((address) =>
          address.address === edit.address ? { ...address, prefixLength: edit.prefixLength } : address,
        ),
      }));
  }
};

export const applyEdit = (state: NetworkState, edit: Edit): NetworkState => {
  const stack = state.stacks[edit.stack];
  return stack === undefined ? state : { ...state, stacks: { ...state.stacks, [edit.stack]: onStack(stack, edit) } };
};

export const applyEdits = (state: NetworkState, edits: readonly Edit[]): NetworkState => edits.reduce(applyEdit, state);
