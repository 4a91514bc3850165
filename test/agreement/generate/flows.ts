/** Which questions to ask of a variant: from everybody to addresses of everybody and of nobody. */
import { type Flow } from '../../../src/reach/walk.ts';
import { listeningPorts } from '../prober/listeners.ts';
import { linkLocalAt, ownedTargets, type Draft, type DraftStack, type Target } from './draft.ts';
import { neighboursOf } from './routing.ts';

const closedPort = 81;
const firstSourcePort = 20_000;

const unknownTargets = ({ universe }: Draft): Target[] => [
  { stack: null, family: 4, address: `10.${universe}.251.1` },
  { stack: null, family: 6, address: `fd00:${universe.toString(16)}:251::1` },
  { stack: null, family: 4, address: '169.254.7.7' },
  { stack: null, family: 4, address: '127.0.0.9' },
];

type Shape = Pick<Flow, 'protocol' | 'port' | 'isListening'>;

const shapeOf = ({ chance }: Draft): Shape => {
  if (chance.flip(0.45)) return { protocol: 'icmp', port: null };
  const protocol = chance.pick(['tcp', 'udp'] as const);
  if (chance.flip(0.12)) return { protocol, port: closedPort, isListening: false };
  return { protocol, port: chance.pick([listeningPorts[0], listeningPorts[0], listeningPorts[1]]) };
};

const lengths = [1280, 1290, 1301, 1400, 1401, 1450, 1500, 1501, 2000] as const;
/** About the MTUs that there are, and long enough for several fragments of each. */
const manyLengths = [
  1200, 1280, 1281, 1301, 1305, 1400, 1450, 1481, 1488, 1492, 1493, 1496, 1497, 1500, 1505, 1600, 2000, 2100, 3000,
  4200, 9100,
] as const;

const lengthOf = (draft: Draft, { protocol }: Shape): Pick<Flow, 'lengthBytes' | 'dontFragment'> => {
  if (!draft.has('long-packet') || protocol === 'tcp' || !draft.chance.flip(0.5)) return {};
  const lengthBytes = draft.chance.pick(draft.has('mixed-mtus') ? manyLengths : lengths);
  return { lengthBytes, ...(draft.chance.flip(0.5) ? { dontFragment: draft.chance.flip(0.5) } : {}) };
};

const sourceOf = (draft: Draft, stack: DraftStack, { family }: Target): Pick<Flow, 'source'> => {
  if (!draft.has('bound-source') || !draft.chance.flip(0.4)) return {};
  const own = Object.values(stack.interfaces).flatMap(({ addresses }) =>
    addresses.filter((it) => it.family === family),
  );
  const source = draft.chance.maybe(own)?.address;
  return source === undefined ? {} : { source };
};

/** At most this many for one sender: the neighbour tables of the machine are shared. */
const mostPerStack = 14;

export const askFlows = (draft: Draft): Flow[] => {
  const { chance } = draft;
  const owned = ownedTargets(draft).filter(({ address }) => !address.startsWith('fe80:'));
  const flows: Flow[] = [];
  for (const stack of draft.stacks) {
    const targets = [
      ...chance.shuffle(owned).slice(0, mostPerStack - 4),
      ...chance.shuffle([...draft.others, ...unknownTargets(draft)]).slice(0, 3),
    ];
    for (const target of targets) {
      const shape = shapeOf(draft);
      flows.push({
        from: stack.name,
        family: target.family,
        destination: target.address,
        sourcePort: firstSourcePort + flows.length,
        ...shape,
        ...sourceOf(draft, stack, target),
        ...lengthOf(draft, shape),
      });
    }
    const hop = chance.maybe(neighboursOf(draft, stack.name));
    const destination = hop && linkLocalAt(draft, hop.via);
    if (hop !== undefined && destination !== undefined)
      flows.push({
        from: stack.name,
        family: 6,
        destination,
        interface: hop.dev,
        sourcePort: firstSourcePort + flows.length,
        ...shapeOf(draft),
      });
  }
  return flows;
};
