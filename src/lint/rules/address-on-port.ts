/** An address, or a DHCP client, on an interface that is a port of a bridge or a member of a bond. */
import { type InterfaceModel, type StackModel } from '../../reach/model/model.ts';
import { type NetworkState } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn, withInterface, withStack } from '../stacks.ts';
import { addressSubject, serviceSubject } from '../subject.ts';

const moved = (state: NetworkState, stack: string, from: string, to: string): NetworkState => {
  const addresses = state.stacks[stack]?.interfaces[from]?.addresses ?? [];
  const bare = withInterface(state, stack, from, (it) => ({ ...it, addresses: [] }));
  const given = withInterface(bare, stack, to, (it) => ({ ...it, addresses: [...it.addresses, ...addresses] }));
  return withStack(given, stack, (own) => ({
    ...own,
    routes: own.routes.map((route) => (route.dev === from ? { ...route, dev: to } : route)),
    services: own.services.map((service) =>
      service.kind === 'dhcp-client' && service.interface === from ? { ...service, interface: to } : service,
    ),
  }));
};

const findingFor = (
  { name: stack, stack: { services, interfaces } }: StackModel,
  { name, it }: InterfaceModel,
): readonly RawFinding[] => {
  const { master } = it;
  const kind = master === undefined ? undefined : interfaces[master]?.kind;
  if (master === undefined || (kind !== 'bridge' && kind !== 'bond')) return [];
  const [address] = it.addresses;
  const asks = services.some((service) => service.kind === 'dhcp-client' && service.interface === name);
  if (address === undefined && !asks) return [];
  const what =
    address === undefined
      ? 'asks for an address by DHCP'
      : `has the address ${address.address}/${address.prefixLength}`;
  return [
    {
      stack,
      message: `\`${name}\` of \`${stack}\` ${what}, and is a ${kind === 'bridge' ? 'port' : 'member'} of \`${master}\``,
      at:
        address === undefined
          ? serviceSubject(stack, 'dhcp-client', name)
          : addressSubject(stack, name, address.address),
      repair: {
        words: `move ${address === undefined ? 'DHCP' : 'the address, and the routes by it,'} to \`${master}\`; over ssh do it in one step that undoes itself`,
        edits: [],
        mend: (state) => moved(state, stack, name, master),
      },
    },
  ];
};

export const addressOnPort: LintRule = {
  code: 'address-on-port',
  severity: 'error',
  title: 'an address or a DHCP client on a port of a bridge or a member of a bond',
  explanation:
    'What comes in by a port is the bridge’s: the port itself receives no IP packet any more, and ARP answers to it go to the bridge. The address stays where it is and looks fine, ' +
    'but the routes by the port lead into the bridge without its table of stations, and whoever was connected by that address loses the machine. This is the usual way to lose ssh ' +
    'when a bridge is made. The bridge has to have the address, and asks DHCP with the MAC that it takes from its first port.',
  find: (input) => stacksIn(input).flatMap((stack) => interfacesOf(stack).flatMap((it) => findingFor(stack, it))),
};
