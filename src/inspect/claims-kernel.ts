/** What the kernel makes by itself: loopback, a card for each device with a driver, and what modules are born with. */
import { type Claim, type ClaimsOf } from './claim.ts';
import { type LinkFacts } from './host-facts.ts';

/** By name and kind: they appear in every namespace once the module is there (ip-link(8), ip-tunnel(8)). */
const born: readonly (readonly [name: RegExp, kind: string])[] = [
  [/^sit0$/, 'sit'],
  [/^tunl0$/, 'ipip'],
  [/^gre0$/, 'gre'],
  [/^gretap0$/, 'gretap'],
  [/^erspan0$/, 'erspan'],
  [/^ip_vti0$/, 'vti'],
  [/^ip6_vti0$/, 'vti6'],
  [/^ip6tnl0$/, 'ip6tnl'],
  [/^ip6gre0$/, 'ip6gre'],
  [/^ifb[01]$/, 'ifb'],
];

const deviceText = ({ bus, address, driver }: NonNullable<LinkFacts['device']>): string =>
  `${bus} device ${address}${driver === undefined ? '' : `, driver ${driver}`}`;

const claimOf = ({ name, kind, isLoopback, device }: LinkFacts): Claim | undefined => {
  const made = { interface: name, program: 'kernel', does: 'made' } as const;
  if (isLoopback) return { ...made, evidence: 'every network namespace has its loopback' };
  if (device !== undefined) return { ...made, evidence: deviceText(device) };
  return born.some(([pattern, of]) => pattern.test(name) && of === kind)
    ? { ...made, evidence: `the kernel's module \`${kind}\` brings it along` }
    : undefined;
};

export const kernelClaims: ClaimsOf = ({ links }) => links.flatMap((link) => claimOf(link) ?? []);
