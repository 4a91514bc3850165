/** What kind of device each is, with the settings of its kind. */
import { type BondSettings, type Interface, type WireguardPeer } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Draft } from '../draft.ts';
import { readAddress, readPrefix } from '../plain-values.ts';
import { childOf, entriesOf, itemsOf, textOf, type Tree } from '../yaml-tree/tree.ts';
import { type Device } from './device.ts';
import { booleanOf, isManaged, numberOf, valueOf } from './values.ts';

type Nature = Omit<Interface, 'mtuBytes' | 'up' | 'addresses' | 'mac' | 'master' | 'port'>;

/** Told for each parameter that is not among those that were understood. */
const tellOthers = (parameters: Tree | undefined, known: readonly string[], draft: Draft): void => {
  for (const [key, { keyAt }] of entriesOf(parameters))
    if (!known.includes(key)) draft.tell('not-said', 'no-words-for', `\`${key}\` has no place in the model`, keyAt);
};

const bridge = ({ body, renderer }: Device, draft: Draft): Nature => {
  const parameters = childOf(body, 'parameters');
  tellOthers(parameters, ['stp', 'forward-delay'], draft);
  return {
    kind: 'bridge',
    bridge: {
      // netplan switches it on where there are `parameters` at all; NetworkManager does so by itself, and networkd does not.
      stp: booleanOf(childOf(parameters, 'stp'), draft.tell) ?? (parameters !== undefined || isManaged(renderer)),
      forwardDelaySeconds:
        numberOf(childOf(parameters, 'forward-delay'), 'a number of seconds', 0, 30, draft.tell) ?? 15,
    },
  };
};

const bondModes: readonly BondSettings['mode'][] = [
  'balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb',
]; // prettier-ignore

/** Milliseconds unless another unit is given. */
const milliseconds = (text: string): number | undefined => {
  const found = /^(\d+)(ms|s)?$/.exec(text);
  return found === null ? undefined : Number(found[1]) * (found[2] === 's' ? 1000 : 1);
};

/** Modes that the bonds of Open vSwitch have, and those of the kernel have not. */
const isSwitchMode = (mode: string | undefined): boolean => mode === 'balance-tcp' || mode === 'balance-slb';

const bond = (body: Tree, nameOf: (id: string) => string | undefined, draft: Draft): Nature => {
  const { tell } = draft;
  const parameters = childOf(body, 'parameters');
  tellOthers(parameters, ['mode', 'mii-monitor-interval', 'primary', 'lacp-rate', 'transmit-hash-policy'], draft);
  const primary = textOf(childOf(parameters, 'primary'));
  const rate = textOf(childOf(parameters, 'lacp-rate'));
  const hash = valueOf(
    childOf(parameters, 'transmit-hash-policy'),
    'a hash policy that the model has',
    (text) => (['layer2', 'layer2+3', 'layer3+4'] as const).find((known) => known === text),
    tell,
  );
  return {
    kind: 'bond',
    bond: {
      mode:
        (isSwitchMode(textOf(childOf(parameters, 'mode')))
          ? undefined
          : valueOf(
              childOf(parameters, 'mode'),
              'a bonding mode',
              (text) => bondModes.find((mode) => mode === text),
              tell,
            )) ?? 'balance-rr',
      ...field(
        'miimonMilliseconds',
        valueOf(childOf(parameters, 'mii-monitor-interval'), 'a time', milliseconds, tell) || undefined,
      ),
      ...field('primary', primary === undefined ? undefined : (nameOf(primary) ?? primary)),
      ...field('lacpRate', rate === 'fast' ? ('fast' as const) : undefined),
      ...field('hashPolicy', hash === 'layer2' ? undefined : hash),
    },
  };
};

const vlan = (
  { id, body, at, renderer }: Device,
  nameOf: (id: string) => string | undefined,
  draft: Draft,
): Nature | undefined => {
  if (renderer === 'sriov') {
    draft.tell(
      'not-said',
      'no-words-for',
      `the tag of \`${id}\` is set by the card itself, which the model has no words for`,
      at,
    );
    return undefined;
  }
  const number = numberOf(childOf(body, 'id'), 'a VLAN', 0, 4094, draft.tell);
  const lower = textOf(childOf(body, 'link'));
  const link = lower === undefined ? undefined : nameOf(lower);
  if (number !== undefined && link !== undefined) return { kind: 'vlan', vlan: { link, id: number } };
  const why =
    lower === undefined || number === undefined
      ? 'needs `id` and `link`'
      : `lies on \`${lower}\`, which is defined nowhere`;
  draft.tell('error', 'no-lower-interface', `\`${id}\` ${why}; netplan refuses the file`, at);
  return undefined;
};

const peerOf = (peer: Tree, draft: Draft): WireguardPeer | undefined => {
  const keys = childOf(peer, 'keys');
  const publicKey = textOf(childOf(keys, 'public'));
  if (publicKey === undefined) {
    draft.tell('error', 'no-public-key', 'a peer needs `keys: { public: … }`', peer.at);
    return undefined;
  }
  const shared = childOf(keys, 'shared');
  if (shared !== undefined) draft.tell('not-said', 'secret', 'shared keys have no place in the model', shared.at);
  return {
    publicKey,
    ...field('endpoint', textOf(childOf(peer, 'endpoint'))),
    allowedPrefixes: itemsOf(childOf(peer, 'allowed-ips')).flatMap(
      (item) => valueOf(item, 'a prefix', readPrefix, draft.tell)?.prefix ?? [],
    ),
    ...field(
      'keepaliveSeconds',
      numberOf(childOf(peer, 'keepalive'), 'a number of seconds', 0, 65535, draft.tell) || undefined,
    ),
  };
};

const wireguard = (body: Tree, draft: Draft): Nature => {
  const keys = childOf(body, 'key') ?? childOf(body, 'keys');
  const own = keys?.kind === 'map' ? childOf(keys, 'private') : keys;
  const text = textOf(own);
  if (own !== undefined && text?.startsWith('/') === false)
    draft.tell('not-said', 'secret', 'a private key in the text stays out of the model; name a file instead', own.at);
  return {
    kind: 'wireguard',
    wireguard: {
      ...field('privateKeyFile', text?.startsWith('/') === true ? text : undefined),
      ...field('listenPort', numberOf(childOf(body, 'port'), 'a port', 1, 65535, draft.tell)),
      peers: itemsOf(childOf(body, 'peers')).flatMap((peer) => peerOf(peer, draft) ?? []),
    },
  };
};

const tunnel = ({ id, body, at }: Device, draft: Draft): Nature | undefined => {
  const { tell } = draft;
  const mode = textOf(childOf(body, 'mode'));
  const end = (key: string): string | undefined =>
    valueOf(childOf(body, key), 'an address', readAddress, tell)?.address;
  if (mode === 'wireguard') return wireguard(body, draft);
  if (mode === 'vxlan') {
    const vni = numberOf(childOf(body, 'id'), 'a VNI', 1, 16777215, tell);
    const remote = end('remote');
    if (vni === undefined) return undefined;
    return {
      kind: 'vxlan',
      vxlan: {
        id: vni,
        ...field('local', end('local')),
        remotes: remote === undefined ? [] : [remote],
        port: numberOf(childOf(body, 'port'), 'a port', 1, 65535, tell) ?? 4789,
      },
    };
  }
  if (mode === 'sit' || mode === 'gre' || mode === 'ipip')
    return {
      kind: 'tunnel',
      tunnel: {
        mode,
        ...field('local', end('local')),
        ...field('remote', end('remote')),
        ...field('ttl', numberOf(childOf(body, 'ttl'), 'a number up to 255', 0, 255, tell) || undefined),
      },
    };
  tell(
    'not-said',
    'unknown-kind',
    `\`${id}\` is a tunnel of mode ${mode ?? 'none'}, which the model does not have`,
    at,
  );
  return undefined;
};

/** `nameOf`: the interface that an id of the files stands for. Undefined where none comes of it. */
export const natureOf = (
  device: Device,
  nameOf: (id: string) => string | undefined,
  draft: Draft,
): Nature | undefined => {
  switch (device.section) {
    case 'ethernets':
      return { kind: device.id === 'lo' ? 'loopback' : 'ethernet' };
    case 'dummy-devices':
      return { kind: 'dummy' };
    case 'bridges':
      return bridge(device, draft);
    case 'bonds':
      return bond(device.body, nameOf, draft);
    case 'vlans':
      return vlan(device, nameOf, draft);
    case 'tunnels':
      return tunnel(device, draft);
    case 'vrfs': {
      const table = numberOf(childOf(device.body, 'table'), 'a table', 1, 4294967295, draft.tell);
      if (table === undefined) draft.tell('error', 'no-table', `\`${device.id}\` needs \`table\``, device.at);
      return table === undefined ? undefined : { kind: 'vrf', vrf: { table } };
    }
  }
};
