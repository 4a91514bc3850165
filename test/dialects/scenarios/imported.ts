/** Networks as the files of their machines, and what these are asked. */
import { readNetwork, type ReadNetwork } from '../../../src/dialects/read-network.ts';
import { type Wiring } from '../../../src/dialects/plug.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { settledFacts } from '../../../src/reach/settled.ts';
import { type Flow, type Walk } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';

/** By machine, and by path on it. */
export type Machines = Readonly<Record<string, Readonly<Record<string, string>>>>;

const nowhere = { path: 'wiring.yaml', line: 1, column: 1 };

/** Segments by name, each a list as in `host:eth0`. */
export const imported = (machines: Machines, segments: Readonly<Record<string, readonly string[]>>): ReadNetwork => {
  const wiring: Wiring = Object.fromEntries(
    Object.entries(segments).map(([segment, ends]) => [
      segment,
      ends.map((end) => ({
        stack: end.slice(0, end.indexOf(':')),
        interface: end.slice(end.indexOf(':') + 1),
        at: nowhere,
      })),
    ]),
  );
  return readNetwork(
    Object.entries(machines).map(([name, files]) => ({
      name,
      texts: Object.entries(files).map(([path, text]) => ({ path, file: `${name}/${path}`, text })),
    })),
    { wiring },
  );
};

/** Asks by ping, or by TCP where the destination ends in a port: `192.0.2.1 80`. */
export const asker = ({ state }: ReadNetwork): ((from: string, to: string) => Walk) => {
  const model = buildModel(state, settledFacts(state));
  return (from, to) => {
    const [destination = '', port] = to.split(' ');
    const flow: Flow = {
      from,
      family: destination.includes(':') ? 6 : 4,
      destination,
      protocol: port === undefined ? 'icmp' : 'tcp',
      port: port === undefined ? null : Number(port),
    };
    return walk(model, flow);
  };
};

/** `from > to: verdict[, seen as SOURCE]`, as the outcomes of scenarios are written. */
export const outcomes = (
  network: ReadNetwork,
  questions: readonly (readonly [from: string, to: string])[],
): readonly string[] => {
  const ask = asker(network);
  return questions.map(([from, to]) => {
    const { verdict, seenSource } = ask(from, to);
    return `${from} > ${to}: ${verdict}${verdict === 'yes' && seenSource !== null ? `, seen as ${seenSource}` : ''}`;
  });
};
