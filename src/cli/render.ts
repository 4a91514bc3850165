/**
 * Writes the files of one machine of a lab: its network in one dialect, and beside it what that dialect has no words for
 * but other programs have: packet filter, kernel parameters, DHCP, router advertisements, resolver, names.
 */
import { suggest } from '../diagnostics/suggest.ts';
import { type ConfigText, type Dialect, type Omission, type Writing } from '../dialects/dialect.ts';
import { dialectNamed } from '../dialects/dialects.ts';
import { shareServices } from '../dialects/share-services.ts';
import { type NetworkState } from '../state/network-state.ts';
import { isTransferring } from '../services/named.ts';
import { unboundInclude } from '../services/unbound.ts';
import { complain, fault } from './complain.ts';
import { deliverFiles, type DeliveryOptions } from './deliver-files.ts';
import { exitCode } from './exit-code.ts';
import { loadDesign } from './load-design.ts';
import { findDialect, onlyRead } from './named-dialect.ts';
import { type FileOptions } from './options.ts';

export interface RenderOptions extends FileOptions, DeliveryOptions {
  readonly to: string;
  readonly host: string;
}

/** What a machine needs beside the file that configures its interfaces; the first that can say a thing has it. */
const companions = ['nft', 'sysctl', 'resolv.conf', 'dnsmasq', 'radvd'];

/** Which part of a stack an omission is about, by the first word of its path. */
const partsSaidBy: Readonly<Record<string, readonly string[]>> = {
  nft: ['filter'],
  iptables: ['filter'],
  ufw: ['filter', 'sysctls'],
  sysctl: ['sysctls'],
  'resolv.conf': ['resolver'],
  dnsmasq: ['services/dhcp-server'],
  radvd: ['services/router-advertiser'],
  unbound: ['services/name-server'],
};

const writingsOf = (to: Dialect, state: NetworkState, host: string): readonly (Writing & { readonly by: string })[] => {
  const shared = shareServices(to, state, host);
  // What the first dialect's files say, parameters and filters among them, no other says again.
  const isSaid = (part: string): boolean =>
    (partsSaidBy[to.name] ?? []).includes(part) && (to.write?.(shared.main, host).files.length ?? 0) > 0;
  const beside = companions.filter((name) => name !== to.name && !(partsSaidBy[name] ?? []).every(isSaid));
  return [to, ...beside.flatMap((name) => dialectNamed(name) ?? [])].flatMap((dialect) => {
    const writing = dialect.write?.(dialect === to ? shared.main : shared.beside, host);
    return writing === undefined ? [] : [{ ...writing, by: dialect.name }];
  });
};

/**
 * No dialect: zones are no part of what files of others are read for. Who copies zones, or has them copied, signs with keys
 * that a world makes for itself: nothing is written of it.
 */
const namesOf = (state: NetworkState, host: string): Writing & { readonly by: string } => {
  const server = state.stacks[host]?.services.find((service) => service.kind === 'name-server');
  const files =
    server?.kind === 'name-server' && !isTransferring(server)
      ? [{ path: 'etc/unbound/unbound.conf.d/lanwright.conf', text: unboundInclude(server) }]
      : [];
  return { files, omissions: [], by: 'unbound' };
};

/** An omission counts unless another dialect has written that part. */
const leftOver = (writings: readonly (Writing & { readonly by: string })[]): readonly Omission[] =>
  writings.flatMap(({ by, omissions }) => {
    const others = writings.filter((writing) => writing.by !== by && writing.files.length > 0);
    const said = others.flatMap((writing) => partsSaidBy[writing.by] ?? []);
    return omissions.filter(({ what }) => !said.some((part) => what.startsWith(part)));
  });

/** Peers whose keys are not made yet. */
const withoutKeys = (state: NetworkState, host: string, standIns: ReadonlyMap<string, string>): readonly Omission[] =>
  Object.entries(state.stacks[host]?.interfaces ?? {}).flatMap(([name, { wireguard }]) =>
    (wireguard?.peers ?? []).flatMap(({ publicKey }) => {
      const end = standIns.get(publicKey);
      const why = '`lanwright up` makes the keys of a lab; until then another stands there';
      return end === undefined ? [] : [{ stack: host, what: `interfaces/${name}: the public key of ${end}`, why }];
    }),
  );

/** A file that two dialects want is the first one's. */
const distinctFiles = (files: readonly ConfigText[]): readonly ConfigText[] =>
  [...new Map([...files].reverse().map((file) => [file.path, file])).values()].reverse();

export const render = async (options: RenderOptions): Promise<number> => {
  const to = findDialect(options.to);
  if ('wrong' in to) {
    complain(to.wrong, new Map(), options);
    return exitCode.wrongInput;
  }
  if (to.value.write === undefined) {
    complain(onlyRead(options.to), new Map(), options);
    return exitCode.wrongInput;
  }
  const loaded = await loadDesign({ ...options, strict: false });
  if (typeof loaded === 'number') return loaded;
  const { state } = loaded.lowered;
  const machines = Object.keys(loaded.lab.machines);
  if (!machines.includes(options.host)) {
    const near = suggest(options.host, machines);
    const help = near === undefined ? `the machines are ${machines.join(', ')}` : `did you mean \`${near}\`?`;
    complain(
      fault('unknown-machine', `\`${options.host}\` is no machine of \`${loaded.lab.name}\``, help),
      new Map(),
      options,
    );
    return exitCode.wrongInput;
  }
  const writings = [...writingsOf(to.value, state, options.host), namesOf(state, options.host)];
  return deliverFiles(
    distinctFiles(writings.flatMap(({ files }) => files)),
    [...leftOver(writings), ...withoutKeys(state, options.host, loaded.standIns)],
    options,
  );
};
