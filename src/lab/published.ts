/** `publish`: ports, or whole addresses, of the host that lead to machines behind its NAT. */
import { ip, parseIp, type Family } from '../net/address.ts';
import { containsIp } from '../net/prefix.ts';
import { type Path } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { type DraftNetwork } from './draft.ts';
import { type LabPublish } from './lab.ts';
import { omitAbsent } from './omit-absent.ts';
import { addressesOf, type Placed } from './placed.ts';
import { helpForUnknown } from './unknown-name.ts';

export const readPublished = (context: Context, placed: Placed, network: DraftNetwork): readonly LabPublish[] => {
  const lines = 'publish' in network.spec ? (network.spec.publish ?? []) : [];
  return lines.flatMap((line, index): readonly LabPublish[] => {
    const path = [...network.path, 'publish', index];
    const at = context.spec.source.spanOf(path);
    const outer = outerAddress(context, placed, network, line.address, path);
    if (outer === undefined) return [];
    const { tcp, udp, tunnel } = line;
    if (tcp === undefined && udp === undefined && tunnel === undefined && line.address === undefined) {
      context.findings.error(
        'publish-without-port',
        `\`${network.name}\` publishes \`${line.to}\` at no port and no address`,
        at,
        {
          help: 'add `tcp:`, `udp:` or `tunnel:`, or `address:` with an address of the host that is all for this machine',
        },
      );
      return [];
    }
    if (tunnel !== undefined && outer.family === 6) {
      const help = 'name an IPv4 address of the host';
      context.findings.error('wrong-family', `tunnels lead over IPv4, and ${outer.address} is not of it`, at, { help });
      return [];
    }
    const inner = innerAddress(context, placed, network, line.to, outer.family, path);
    if (inner === undefined) return [];
    const common = { machine: line.to, outer: outer.address, inner, family: outer.family, at };
    const forPort = (protocol: 'tcp' | 'udp', port: number | undefined): LabPublish[] =>
      port === undefined ? [] : [{ ...common, protocol, outerPort: port, innerPort: line.port ?? port }];
    const outerPackets: LabPublish[] = tunnel === undefined ? [] : [{ ...common, protocol: tunnel }];
    const ports = [...forPort('tcp', tcp), ...forPort('udp', udp), ...outerPackets];
    return ports.length > 0 ? ports : [omitAbsent(common)];
  });
};

/** The address given, or the first that the host has outside. */
const outerAddress = (
  context: Context,
  placed: Placed,
  network: DraftNetwork,
  written: string | undefined,
  path: Path,
): { readonly address: string; readonly family: Family } | undefined => {
  const host = placed.machines.get(network.host ?? '');
  const outside = (host?.nics ?? []).filter((nic) => placed.draft.networks.get(nic.draft.network)?.kind !== 'made');
  const all = outside.flatMap((nic) => [...addressesOf(nic, 4), ...addressesOf(nic, 6)]);
  const at = context.spec.source.spanOf(written === undefined ? path : [...path, 'address']);
  if (written === undefined) {
    const first = all[0];
    if (first === undefined)
      context.findings.error(
        'publish-without-address',
        `\`${network.host}\` has no address outside at which \`${network.name}\` could publish`,
        at,
        {
          help: 'give the host an interface on an outside network',
        },
      );
    return first;
  }
  const address = parseIp(written);
  const found = all.find(
    (one) => address !== undefined && ip(one.address).value === address.value && one.family === address.family,
  );
  if (found !== undefined) return found;
  const isAddress = address !== undefined;
  context.findings.error(
    isAddress ? 'address-not-on-host' : 'not-an-address',
    isAddress ? `\`${network.host}\` has no address ${written}` : `\`${written}\` is not an address`,
    at,
    {
      help: `add it to the outside interface of \`${network.host}\`, or choose one of ${all.map((one) => one.address).join(', ')}`,
    },
  );
  return undefined;
};

const innerAddress = (
  context: Context,
  placed: Placed,
  network: DraftNetwork,
  machine: string,
  family: Family,
  path: Path,
): string | undefined => {
  const target = placed.machines.get(machine);
  const at = context.spec.source.spanOf([...path, 'to']);
  if (target === undefined) {
    const help = helpForUnknown(machine, [...placed.machines.keys()], 'machines');
    context.findings.error(
      'unknown-machine',
      `\`${network.name}\` publishes \`${machine}\`, and there is no such machine`,
      at,
      { help },
    );
    return undefined;
  }
  const block = placed.prefixes.get(network.name)?.[family];
  const nics = target.nics.filter((nic) => nic.draft.network === network.name);
  const inside = nics
    .flatMap((nic) => addressesOf(nic, family))
    .find((one) => block !== undefined && containsIp(block, ip(one.address)));
  if (inside === undefined)
    context.findings.error(
      'publish-target',
      `\`${machine}\` has no IPv${family} address on \`${network.name}\` that could be published`,
      at,
      {
        help: `give \`${machine}\` an interface with an IPv${family} address there`,
      },
    );
  return inside?.address;
};
