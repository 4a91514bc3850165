/** A gateway on a wire where everybody is known, and nobody has that address. */
import { ip } from '../../net/address.ts';
import { containsIp } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type Route } from '../../state/network-state.ts';
import { ownerOf } from '../../reach/repair/terrain.ts';
import { walk } from '../../reach/walker/walk.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { addressesOf, othersOn, stacksIn, subnetOf } from '../stacks.ts';
import { routeSubject } from '../subject.ts';

/** Somebody on the wire answers ARP for whatever they have a route to. */
const isAnsweredFor = (input: LintInput, dev: string, stack: StackModel, gateway: bigint, family: 4 | 6): boolean => {
  const it = stack.interfaces.get(dev);
  if (it === undefined) return true;
  return othersOn(input, it).some(({ stack: name, it: far }) => {
    const other = input.model.stacks.get(name);
    if (other === undefined) return false;
    return family === 4
      ? far.settings.proxyArp && far.settings.forwarding4
      : other.proxies.has(`${far.name} ${gateway}`);
  });
};

const findingFor = (input: LintInput, stack: StackModel, route: Route): readonly RawFinding[] => {
  const { via, family } = route;
  if (via === undefined || route.type !== 'unicast') return [];
  const gateway = ip(via);
  const devs =
    route.dev === undefined
      ? addressesOf(stack, family).flatMap((own) => (containsIp(subnetOf(own), gateway) ? [own.it.name] : []))
      : [route.dev];
  const [dev] = devs;
  const it = dev === undefined ? undefined : stack.interfaces.get(dev);
  if (dev === undefined || it === undefined || it.it.kind === 'tunnel') return [];
  const others = othersOn(input, it);
  // A wire on which nobody else is known leads to machines that no file speaks of.
  if (others.length === 0 || others.some(({ address }) => address.family === family && address.value === gateway.value))
    return [];
  if (addressesOf(stack, family).some(({ address }) => address.value === gateway.value)) return [];
  // A neighbour answers for the addresses of its other interfaces as well, over IPv6 where it is a proxy for them.
  const owner = ownerOf(input.terrain, family, gateway.value);
  if (
    owner !== undefined &&
    others.some((other) => other.stack === owner.stack) &&
    (family === 4 || isAnsweredFor(input, dev, stack, gateway.value, 6))
  )
    return [];
  // Behind VLANs and bridges of others the wire is longer than it looks: who answers is there.
  if (
    owner !== undefined &&
    walk(input.model, { from: stack.name, family, destination: via, protocol: 'icmp', port: null }, { isTraced: false })
      .verdict === 'yes'
  )
    return [];
  const routers = others.filter(
    ({ address, it: far }) =>
      address.family === family &&
      address.scope === 'global' &&
      (family === 4 ? far.settings.forwarding4 : far.settings.forwarding6),
  );
  const isProxied = isAnsweredFor(input, dev, stack, gateway.value, family);
  const near = routers.find(({ address }) =>
    addressesOf(stack, family).some((own) => own.it.name === dev && containsIp(subnetOf(own), address)),
  );
  return [
    {
      stack: stack.name,
      ...(isProxied ? { severity: 'note' as const } : {}),
      message: isProxied
        ? `\`${stack.name}\` has the gateway ${via} on \`${dev}\`, which nobody has: it works as long as a neighbour answers ARP for it (proxy_arp)`
        : `\`${stack.name}\` has the gateway ${via} on \`${dev}\`, and nobody on that wire has the address`,
      at: routeSubject(stack.name, route),
      repair: {
        words:
          near === undefined
            ? `name the address that a router on this wire has, or give it ${via}`
            : `name the router on this wire: \`${near.stack}\``,
        edits: [],
      },
      ...(isProxied
        ? {}
        : {
            stops: (stop: { stack: string; reason: string; interface: string | null }) =>
              stop.stack === stack.name && stop.reason === 'no_neighbour' && stop.interface === dev,
          }),
    },
  ];
};

export const gatewayNobodyHas: LintRule = {
  code: 'gateway-nobody-has',
  severity: 'error',
  title: 'a gateway that is nobody’s address on a wire whose machines are known',
  explanation:
    'The kernel takes such a route, and asks for the gateway by ARP or neighbour discovery: three questions without an answer, then “Destination Host Unreachable” for all that goes by it. ' +
    'Where a neighbour has `proxy_arp` on and forwards, it answers for addresses that it has a route to by another interface; that is how guests of Xen’s vif-nat and vif-route reach a gateway ' +
    'which is written nowhere on the host. It works by accident of the host’s routes, and is told as a note.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => stack.stack.routes.flatMap((route) => findingFor(input, stack, route))),
};
