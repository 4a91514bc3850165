/**
 * A pool of network namespaces and cables, made once. Variants are plugged together in it one after the other
 * (`plug.ts`); several pools take turns, so that one is set up while another waits for answers.
 */
import { addNamespace, openNamespaces, type Namespace } from '../../../src/linux/namespaces.ts';
import { openKernel, socketOf, within, type Kernel } from '../../../src/linux/kernel.ts';
import { newBridge, newLink, newVeth, setLink } from '../../../src/linux/link-requests.ts';
import { type NetlinkRequest } from '../../../src/linux/netlink-message.ts';
import { sendRequests } from '../../../src/linux/netlink-socket.ts';
import { ruleRequest } from '../../../src/linux/rule-requests.ts';
import { type Interface, type NetworkState, type PolicyRule } from '../../../src/state/network-state.ts';
import { openListeners, type Listeners } from '../prober/listeners.ts';
import { bridgeNames, macvlanCables, macvlanNames, macvlanParent, plainCables, stackNames } from './inventory.ts';
import { openNft, type Nft } from './nftables.ts';
import { openSysctls, type SysctlDesk } from './sysctls.ts';

export interface Pool {
  readonly name: string;
  readonly kernel: Kernel;
  readonly indices: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly listeners: Listeners;
  readonly desks: ReadonlyMap<string, SysctlDesk>;
  readonly nft: ReadonlyMap<string, Nft>;
  /** What is plugged in now. */
  plugged: NetworkState | undefined;
}

/** Interface indices are unique over all pools: linkwatch takes a veth whose peer has its own index for a lone one. */
let lastIndex = 1000;
const takeIndex = (): number => {
  lastIndex += 1;
  return lastIndex;
};

const idle: Interface = { kind: 'ethernet', mtuBytes: 1500, up: false, addresses: [] };

const mustSend = (kernel: Kernel, stack: string, requests: readonly NetlinkRequest[]): void => {
  const [refusal] = sendRequests(socketOf(kernel, stack), requests);
  if (refusal !== undefined) throw new Error(`${stack}: request ${refusal.index}: ${refusal.message}`);
};

const passingRule: PolicyRule = { family: 4, priority: 100, table: 100, mark: { value: 1, mask: 1 } };

/**
 * The kernel never forgets that a namespace has had a policy rule (fib_has_custom_rules): it looks sources up in full from
 * then on. So that what a variant does does not depend on those before it, all of them have had one.
 */
const leavePolicyTrace = (kernel: Kernel): void => {
  for (const stack of stackNames)
    mustSend(kernel, stack, [ruleRequest('add', passingRule), ruleRequest('remove', passingRule)]);
};

/**
 * A bridge takes the shortest MTU of its ports until somebody has changed its own, and never again from then on
 * (br_mtu_auto_adjust). All bridges of the pool have that behind them: what a variant says of their MTU holds.
 */
const leaveMtuTrace = (index: number): readonly NetlinkRequest[] =>
  [1400, 1500].map((mtuBytes) => setLink(index, { mtuBytes, up: false }, undefined));

const makeLinks = (kernel: Kernel): Map<string, Map<string, number>> => {
  const indices = new Map(stackNames.map((stack) => [stack, new Map([['lo', 1]])]));
  const take = (stack: string, name: string): number => {
    const index = takeIndex();
    indices.get(stack)?.set(name, index);
    return index;
  };
  for (const stack of stackNames)
    mustSend(kernel, stack, [
      setLink(1, { mtuBytes: 65536, up: true }, undefined),
      ...bridgeNames.flatMap((name) => {
        const index = take(stack, name);
        const bridge: Interface = { ...idle, kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } };
        return [newBridge(name, index, bridge), ...leaveMtuTrace(index)];
      }),
    ]);
  for (const { a, b } of [...plainCables, ...macvlanCables]) {
    const near = { name: a.interface, index: take(a.stack, a.interface), interface: idle };
    const far = { name: b.interface, index: take(b.stack, b.interface), interface: idle };
    mustSend(kernel, a.stack, [newVeth(near, far, kernel.namespaces.byName.get(b.stack)?.fd ?? -1, undefined)]);
  }
  for (const stack of stackNames) {
    const parent = macvlanParent(stack);
    const base = parent === undefined ? undefined : indices.get(stack)?.get(parent);
    if (parent === undefined || base === undefined) continue;
    mustSend(
      kernel,
      stack,
      macvlanNames.map((name) =>
        newLink(
          name,
          take(stack, name),
          { ...idle, kind: 'macvlan', macvlan: { link: parent, mode: 'bridge' } },
          base,
          undefined,
        ),
      ),
    );
  }
  return indices;
};

interface Ground extends Pick<Pool, 'name' | 'kernel' | 'nft'> {
  readonly inEach: <T>(work: (stack: string) => T) => ReadonlyMap<string, T>;
}

/** Namespaces are bound as `<pool><stack>` below /run/netns, and called by the stack's name alone from here on. */
const layGround = (name: string): Ground => {
  const made = openNamespaces();
  for (const stack of stackNames) addNamespace(made, `${name}${stack}`);
  const byName = new Map(
    stackNames.map((stack): [string, Namespace] => [
      stack,
      made.byName.get(`${name}${stack}`) ?? { name: stack, fd: -1 },
    ]),
  );
  const kernel: Kernel = { ...openKernel(), namespaces: { home: made.home, byName } };
  const inEach: Ground['inEach'] = (work) =>
    new Map(stackNames.map((stack) => [stack, within(kernel, stack, () => work(stack))]));
  return { name, kernel, nft: inEach(openNft), inEach };
};

const buildOn = ({ name, kernel, nft, inEach }: Ground): Pool => {
  leavePolicyTrace(kernel);
  const indices = makeLinks(kernel);
  return {
    name,
    kernel,
    nft,
    indices,
    desks: inEach((stack) => openSysctls([...(indices.get(stack)?.keys() ?? [])])),
    listeners: openListeners(kernel, stackNames),
    plugged: undefined,
  };
};

/** libnftables waits by select(2), which knows descriptors below 1024 only: all of its sockets come first. */
export const openPools = (names: readonly string[]): Pool[] => names.map(layGround).map(buildOn);
