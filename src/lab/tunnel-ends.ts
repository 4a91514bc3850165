/** The outer addresses of tunnels: as written, or those by which the two ends are nearest to each other. */
import { type Span } from '../diagnostics/diagnostic.ts';
import { ip, parseIp, printIp } from '../net/address.ts';
import { prefixOf } from '../net/prefix.ts';
import { embeddedIpv4, embedIpv4 } from '../net/embedded-ipv4.ts';
import { type Context } from './context.ts';
import { isAutomatic, longestPrefix } from './draft-tunnels.ts';
import { internetName, isPublic } from './internet.ts';
import { type LabNic } from './lab.ts';
import { addressesOf, segmentOf, type Placed, type PlacedMachine, type PlacedNic } from './placed.ts';

interface OuterAddress {
  readonly address: string;
  readonly segment: string;
}

/** The IPv4 addresses of a machine beside those inside tunnels. */
const outerAddresses = (placed: Placed, machine: PlacedMachine): readonly OuterAddress[] =>
  machine.nics
    .filter((nic) => nic.draft.tunnel === undefined)
    .flatMap((nic) =>
      addressesOf(nic, 4).map(({ address }) => ({ address, segment: segmentOf(placed.draft, nic.draft.network) })),
    );

/** On a network that both are on, else on the internet, else the first. */
const nearest = (own: readonly OuterAddress[], far: readonly OuterAddress[]): OuterAddress | undefined =>
  own.find(({ segment }) => far.some((other) => other.segment === segment)) ??
  own.find(({ segment }) => segment === internetName) ??
  own[0];

/** The other end, where the network has two. */
const farNic = (placed: Placed, nic: PlacedNic): PlacedNic | undefined => {
  const all = [...placed.machines.values()].flatMap(({ nics }) => nics);
  const members = all.filter(({ draft }) => draft.network === nic.draft.network);
  return members.length === 2 ? members.find((one) => one !== nic) : undefined;
};

const writtenEnd = (
  context: Context,
  nic: PlacedNic,
  key: 'local' | 'remote',
): { readonly isWrong: boolean; readonly text?: string } => {
  const written = nic.draft.tunnel?.[key];
  if (written === undefined) return { isWrong: false };
  const address = parseIp(written.text);
  if (address?.family === 4) return { isWrong: false, text: printIp(address) };
  const message = `\`${written.text}\` is not an IPv4 address`;
  const help = 'tunnels lead over IPv4: write an address such as 192.0.2.1';
  context.findings.error('not-an-address', message, written.at, { help });
  return { isWrong: true };
};

const tellMembers = (context: Context, placed: Placed, network: string, nic: PlacedNic): void => {
  const all = [...placed.machines.values()].flatMap(({ nics }) =>
    nics.filter(({ draft }) => draft.network === network),
  );
  if (all[0] !== nic) return;
  const notes = all.slice(1).map(({ draft }) => ({ message: `\`${draft.machine}\` is on it, too`, at: draft.at }));
  const count = all.length === 1 ? 'one end' : `${all.length} ends`;
  const message = `\`${network}\` is a tunnel, and has ${count}${all.length === 2 ? ' on one machine' : ''}`;
  const help = 'a tunnel has two ends, on two machines; make a network for each pair';
  context.findings.error('tunnel-ends', message, nic.draft.at, { notes, help });
};

interface Ends {
  readonly local: string | undefined;
  readonly remote: string | undefined;
  /** The addresses that outer packets may come from, at the near end and at the far one. */
  readonly own: readonly OuterAddress[];
  readonly others: readonly OuterAddress[];
}

interface Flaw {
  readonly message: string;
  readonly help: string;
  readonly at: Span;
}

const flawOf = ({ draft }: PlacedNic, far: string, { local, remote, own, others }: Ends): Flaw | undefined => {
  const { machine, network, tunnel, at } = draft;
  if (local === undefined)
    return {
      message: `\`${machine}\` has no IPv4 address that its tunnel could start from`,
      help: 'give it an interface with one',
      at,
    };
  if (!own.some(({ address }) => address === local))
    return {
      message: `\`${machine}\` has no address ${local}, which its tunnel should start from`,
      help: own.length === 0 ? 'it has no IPv4 address' : `it has ${own.map(({ address }) => address).join(', ')}`,
      at: tunnel?.local?.at ?? at,
    };
  if (tunnel?.remote !== undefined || remote === undefined || !isHidden(remote, own, others)) return undefined;
  return {
    message: `\`${machine}\` would send the packets of \`${network}\` to ${remote}, which the internet does not route`,
    help: `add \`remote:\` with the address under which \`${far}\` is seen from there`,
    at,
  };
};

/** The outer address of a member of 6to4 or 6rd: as written, or that on the internet, or the first. */
const automaticLocal = (context: Context, placed: Placed, nic: PlacedNic): string | undefined => {
  const here = placed.machines.get(nic.draft.machine);
  const own = here === undefined ? [] : outerAddresses(placed, here);
  const written = writtenEnd(context, nic, 'local');
  return written.isWrong ? undefined : (written.text ?? nearest(own, [])?.address);
};

/** What is wrong with it, once. */
const tellAutomatic = (context: Context, placed: Placed, nic: PlacedNic, local: string | undefined): void => {
  const { machine, network, tunnel, at } = nic.draft;
  const here = placed.machines.get(machine);
  const own = here === undefined ? [] : outerAddresses(placed, here);
  const flaw =
    tunnel?.local !== undefined && local === undefined
      ? undefined
      : flawOf(nic, machine, { local, remote: undefined, own, others: [] });
  if (flaw !== undefined) context.findings.error('tunnel-ends', flaw.message, flaw.at, { help: flaw.help });
  else if (local !== undefined && tunnel?.mode === '6to4' && !isPublic(prefixOf(ip(local), 32)))
    context.findings.error(
      'tunnel-ends',
      `\`${machine}\` is on \`${network}\` (6to4) with ${local}, which is private`,
      tunnel.local?.at ?? at,
      {
        help: 'a prefix of 6to4 is made of a public IPv4 address (RFC 3056 section 2); behind translation use 6in4',
      },
    );
};

/** Machines with the addresses that 6to4 and 6rd make of the outer ones. */
export const withTunnelAddresses = (context: Context, placed: Placed): Placed => {
  const addressed = (nic: PlacedNic): PlacedNic => {
    const { tunnel, network } = nic.draft;
    const block = placed.prefixes.get(network)?.[6];
    if (!isAutomatic(tunnel?.mode) || block === undefined) return nic;
    const local = automaticLocal(context, placed, nic);
    tellAutomatic(context, placed, nic, local);
    if (local === undefined || block.length > longestPrefix) return nic;
    const address = printIp(embedIpv4(block, ip(local)));
    return { ...nic, addresses: [{ family: 6, address, prefixLength: block.length }] };
  };
  const machines = [...placed.machines].map(([name, it]) => [name, { ...it, nics: it.nics.map(addressed) }] as const);
  return { ...placed, machines: new Map(machines) };
};

/** Undefined where the NIC is no tunnel, or an error told why it has no ends. */
export const tunnelEnds = (context: Context, placed: Placed, nic: PlacedNic): LabNic['tunnel'] => {
  const { tunnel, machine, network } = nic.draft;
  if (tunnel === undefined || tunnel.mode === 'wireguard') return undefined;
  if (isAutomatic(tunnel.mode)) {
    const [block, own] = [placed.prefixes.get(network)?.[6], nic.addresses[0]];
    if (block === undefined || own === undefined) return undefined;
    return { mode: tunnel.mode, local: printIp(embeddedIpv4(block, ip(own.address))) };
  }
  const far = farNic(placed, nic);
  const [here, there] = [placed.machines.get(machine), placed.machines.get(far?.draft.machine ?? '')];
  if (here === undefined || far === undefined || there === undefined || here === there) {
    tellMembers(context, placed, network, nic);
    return undefined;
  }
  const [own, others] = [outerAddresses(placed, here), outerAddresses(placed, there)];
  const written = { local: writtenEnd(context, nic, 'local'), remote: writtenEnd(context, nic, 'remote') };
  if (written.local.isWrong || written.remote.isWrong) return undefined;
  const local = written.local.text ?? nearest(own, others)?.address;
  const remote = written.remote.text ?? far.draft.tunnel?.local?.text ?? nearest(others, own)?.address;
  const flaw = flawOf(nic, there.draft.name, { local, remote, own, others });
  if (flaw !== undefined) context.findings.error('tunnel-ends', flaw.message, flaw.at, { help: flaw.help });
  return local === undefined || remote === undefined ? undefined : { mode: tunnel.mode, local, remote };
};

/** A default that cannot work: a private address of who is on no common network, sent to over the internet. */
const isHidden = (remote: string, own: readonly OuterAddress[], others: readonly OuterAddress[]): boolean => {
  const segment = others.find(({ address }) => address === remote)?.segment;
  if (own.some((mine) => mine.segment === segment)) return false;
  return own.every((mine) => mine.segment === internetName) && !isPublic(prefixOf(ip(remote), 32));
};
