/**
 * Docker: its bridges are called `docker0` and `br-` with the first twelve digits of a network's id; each container hangs
 * on one by a veth whose other end is in the container. That Docker is there at all shows elsewhere: its process, its
 * folder below /run, its chains in the packet filter.
 */
import { processesNamed, type Claim, type ClaimsOf } from './claim.ts';
import { chainNames } from './filter-tables.ts';
import { type HostFacts, type LinkFacts } from './host-facts.ts';

export const docker = 'Docker';

/** What shows that Docker runs here, or has. */
const signsOf = (host: HostFacts): readonly string[] => [
  ...processesNamed(host, 'dockerd').map(({ pid }) => `process dockerd (${pid})`),
  ...(host.listings['/run/docker'] === undefined ? [] : ['/run/docker']),
  ...(chainNames(host.state, host.name).includes('DOCKER') ? ["Docker's chains in the packet filter"] : []),
];

const isBridge = ({ kind, name }: LinkFacts): boolean =>
  kind === 'bridge' && (name === 'docker0' || /^br-[0-9a-f]{12}$/.test(name));

export const dockerClaims: ClaimsOf = (host) => {
  const signs = signsOf(host);
  const certainty = signs.length === 0 ? ({ isByNameOnly: true } as const) : {};
  const bridges = host.links.filter(isBridge);
  const claim = (name: string, why: string): Claim => ({
    ...{ interface: name, program: docker, does: 'made', evidence: [why, ...signs].join('; ') },
    ...certainty,
  });
  const containers = host.links.filter(
    ({ kind, peer, master }) =>
      kind === 'veth' && peer?.namespace !== undefined && bridges.some(({ name }) => name === master),
  );
  return [
    ...bridges.flatMap(({ name }): readonly Claim[] => {
      const made = claim(name, 'a name that Docker gives');
      return [made, { ...made, does: 'runs' }];
    }),
    ...containers.map(({ name, master }) => claim(name, `a veth into a container, on ${master ?? ''}`)),
  ];
};
