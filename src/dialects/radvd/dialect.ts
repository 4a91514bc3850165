/**
 * radvd.conf(5): router advertisements by interface. A prefix counts that hosts may make an address in; lifetimes of the
 * router say whether it is a default router.
 */
import { type RouterAdvertiser } from '../../state/service.ts';
import { type Stack } from '../../state/network-state.ts';
import { type Dialect } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { mostAddresses } from './read-resolver.ts';
import { read } from './read.ts';

const path = 'etc/radvd.conf';

const resembles = (text: string): number =>
  /^[ \t]*interface[ \t]+[^\s{]+\s*\{/m.test(text) && /\bAdvSendAdvert\b|\bprefix\s+\S+\s*\{/.test(text) ? 0.98 : 0;

const advertisersOf = ({ services }: Stack): readonly RouterAdvertiser[] =>
  services.filter((service): service is RouterAdvertiser => service.kind === 'router-advertiser');

/** As many as `RDNSS` takes. */
const inThrees = (addresses: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(addresses.length / mostAddresses) }, (_, index) =>
    addresses.slice(index * mostAddresses, (index + 1) * mostAddresses),
  );

const blockText = ({
  interface: name,
  prefixes,
  isDefaultRouter,
  isManaged,
  isOnLinkOnly,
  resolver,
}: RouterAdvertiser): string =>
  [
    `interface ${name} {`,
    '  AdvSendAdvert on;',
    ...(isDefaultRouter ? [] : ['  AdvDefaultLifetime 0;']),
    ...(isManaged === true ? ['  AdvManagedFlag on;'] : []),
    ...prefixes.map(
      (prefix) => `  prefix ${prefix} { AdvOnLink on; AdvAutonomous ${isOnLinkOnly === true ? 'off' : 'on'}; };`,
    ),
    ...inThrees(resolver?.nameservers ?? []).map((addresses) => `  RDNSS ${addresses.join(' ')} { };`),
    ...(resolver === undefined || resolver.search.length === 0 ? [] : [`  DNSSL ${resolver.search.join(' ')} { };`]),
    '};',
    '',
  ].join('\n');

const write: NonNullable<Dialect['write']> = (state, stack) => {
  const text = advertisersOf(stackIn(state, stack)).map(blockText).join('\n');
  return { files: text === '' ? [] : [{ path, text }], omissions: [] };
};

/** Blocks of interfaces that say the same stay; others are written anew in their place. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const wanted = advertisersOf(stackIn(state, stack));
  const before = (read(texts, { stack }).stacks[stack]?.services ?? []) as readonly RouterAdvertiser[];
  const isSame = (a: RouterAdvertiser): boolean => before.some((b) => JSON.stringify(a) === JSON.stringify(b));
  const left = new Set(wanted.filter((one) => !isSame(one)));
  const files = texts.map((it) => ({
    path: it.path,
    text: it.text.replaceAll(
      /^[ \t]*interface[ \t]+([^\s{]+)\s*\{(?:[^{}]|\{[^{}]*\})*\}[ \t]*;?[ \t]*\n?/gm,
      (whole, name: string) => {
        const fresh = wanted.find((one) => one.interface === name);
        if (fresh === undefined) return before.some((one) => one.interface === name) ? '' : whole;
        if (isSame(fresh)) return whole;
        left.delete(fresh);
        return blockText(fresh);
      },
    ),
  }));
  const [first, ...others] = files;
  const added = [...left].map(blockText).join('\n');
  if (first === undefined) return write(state, stack);
  return {
    files: [
      { path: first.path, text: `${first.text}${added === '' ? '' : `${first.text === '' ? '' : '\n'}${added}`}` },
      ...others,
    ],
    omissions: [],
  };
};

export const radvd: Dialect = { name: 'radvd', owns: (it) => it === path, resembles, read, write, edit };
