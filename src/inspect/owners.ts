/**
 * From claims to an owner: who made an interface, and who gives it its addresses. Of several that claim to have made it, the
 * one that stands on more than a name counts; where nobody does, it was made by hand, as far as can be seen.
 */
import { type Claim, type ClaimsOf } from './claim.ts';
import { dockerClaims } from './claims-docker.ts';
import { ifupdownClaims } from './claims-ifupdown.ts';
import { kernelClaims } from './claims-kernel.ts';
import { libvirtClaims } from './claims-libvirt.ts';
import { nameClaims } from './claims-names.ts';
import { networkdClaims } from './claims-networkd.ts';
import { networkManagerClaims } from './claims-networkmanager.ts';
import { openVswitchClaims } from './claims-openvswitch.ts';
import { processClaims } from './claims-processes.ts';
import { worldClaims } from './claims-world.ts';
import { type HostFacts, type LinkFacts } from './host-facts.ts';

/** Those further up are believed before those further down. */
const sources: readonly ClaimsOf[] = [
  worldClaims,
  kernelClaims,
  openVswitchClaims,
  libvirtClaims,
  dockerClaims,
  networkdClaims,
  networkManagerClaims,
  ifupdownClaims,
  processClaims,
  nameClaims,
];

export interface Owner {
  /** `by hand`: nobody that is known here claims it. */
  readonly madeBy: string;
  /** Who gives it its addresses; null where nobody does, or nobody that is known here. */
  readonly runBy: string | null;
  /** Not by its name alone, and nothing is hidden from this user that might tell otherwise. */
  readonly isCertain: boolean;
  readonly evidence: readonly string[];
}

export const byHand = 'by hand';

export const claimsByInterface = (host: HostFacts): ReadonlyMap<string, readonly Claim[]> => {
  const claims = new Map<string, Claim[]>();
  for (const claim of sources.flatMap((source) => source(host)))
    claims.set(claim.interface, [...(claims.get(claim.interface) ?? []), claim]);
  return claims;
};

const verbs: Readonly<Record<Claim['does'], string>> = { made: 'made', runs: 'run', plugs: 'held' };

/** One line for each proof, whatever it is one of: `made and run by libvirt: …`. */
const evidenceTexts = (claims: readonly Claim[]): readonly string[] => {
  const byProof = new Map<string, Set<string>>();
  for (const { program, does, evidence } of claims) {
    const proof = `by ${program}: ${evidence}`;
    byProof.set(proof, (byProof.get(proof) ?? new Set()).add(verbs[does]));
  }
  return [...byProof].map(([proof, does]) => `${[...does].join(' and ')} ${proof}`);
};

export const ownerOf = (link: LinkFacts, claims: readonly Claim[], host: HostFacts): Owner => {
  const makers = claims.filter(({ does }) => does === 'made');
  const maker = makers.find(({ isByNameOnly }) => isByNameOnly !== true) ?? makers[0];
  const runner = claims.find(({ does }) => does === 'runs');
  const told = claims.filter((claim) => claim.isByNameOnly !== true || claim === maker);
  const evidence = evidenceTexts(told);
  const runBy = runner?.program ?? null;
  if (maker !== undefined) return { madeBy: maker.program, runBy, isCertain: maker.isByNameOnly !== true, evidence };
  const isAllSeen = host.unseen.length === 0;
  const none = isAllSeen ? 'no program that is known here claims it' : 'no program claims it in what could be seen';
  return { madeBy: byHand, runBy, isCertain: isAllSeen, evidence: [...evidence, none] };
};
