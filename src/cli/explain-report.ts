/** A walk as it is explained: the verdict in a sentence, the hops, what the client sees. The shape of `explain --json`. */
import { type Lab } from '../lab/lab.ts';
import { type Family } from '../net/address.ts';
import { predictedBy, type Prediction } from '../probe/predict-probes.ts';
import { type ClientSees, type Flow, type Stop, type Walk } from '../reach/walk.ts';
import { causeOf, routeGet, type Cause } from './cause.ts';
import { type RepairReport } from './find-repairs.ts';
import { fromOf, reportHops, type HopReport, type Origins } from './hop-report.ts';
import { shellLine } from './shell-line.ts';

export interface ExplainReport {
  readonly lab: string;
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly family: Family;
  readonly protocol: Flow['protocol'];
  readonly port: number | null;
  readonly verdict: Prediction['predicted'];
  readonly sentence: string;
  readonly forward: readonly HopReport[];
  readonly reply: readonly HopReport[];
  readonly stopped_at: {
    readonly machine: string;
    readonly interface: string | null;
    readonly stage: string;
    readonly reason: Stop['reason'];
    readonly rule: string;
  } | null;
  /** Which way the packet was going that stops. */
  readonly direction: Stop['direction'] | null;
  /** Who is to blame: not always where it stops. */
  readonly cause: { readonly machine: string; readonly text: string; readonly line: string | null } | null;
  readonly client_sees: ClientSees;
  /** The source address that the far end sees. */
  readonly source: string | null;
  readonly facts: readonly string[];
  /** Rules that are not modelled and decide. */
  readonly unknown: readonly string[];
  /** A command that shows it in the running lab. */
  readonly confirm: string;
  readonly repair: readonly RepairReport[];
}

export const serviceText = ({ protocol, port }: Pick<Flow, 'protocol' | 'port'>): string =>
  protocol === 'icmp' ? 'ping' : `${protocol} ${port ?? ''}`;

/** What the program at the sender makes of it. */
export const sightText: Readonly<Record<ClientSees, string>> = {
  answer: 'an answer',
  refused: 'connection refused, at once',
  timeout: 'nothing: it waits until it gives up',
  'net-unreachable': 'network is unreachable',
  'host-unreachable': 'no route to host',
  prohibited: 'no route to host (administratively prohibited)',
  'protocol-unreachable': 'protocol not available',
  'protocol-error': 'protocol error',
  'message-too-long': 'message too long',
  'invalid-argument': 'invalid argument',
  'address-not-available': 'cannot assign requested address',
  'not-permitted': 'operation not permitted',
};

const withLine = ({ text, line }: Cause): string => (line === null ? text : `${text} (${line})`);

const whereIt = (walk: Walk, stop: Stop, from: string): string => {
  if (stop.direction === 'reply')
    return `the request arrives at \`${walk.deliveredTo ?? ''}\`, and the reply does not come back`;
  return stop.stack === from ? 'the request does not leave' : 'the request does not arrive';
};

const sentenceOf = (flow: Flow, to: string, walk: Walk, cause: Cause | undefined): string => {
  const what = `\`${flow.from}\` ${walk.verdict === 'yes' ? 'reaches' : 'does not reach'} \`${to}\``;
  const at = to === flow.destination ? '' : ` at ${flow.destination}`;
  const head = `${what}${at} by ${serviceText(flow)}`;
  if (walk.verdict === 'unknown')
    return `whether \`${flow.from}\` reaches \`${to}\`${at} by ${serviceText(flow)} depends on ${walk.unknown.join(' and ')}, which is not modelled`;
  const why =
    cause === undefined || walk.stop === null ? '' : `: ${whereIt(walk, walk.stop, flow.from)}; ${withLine(cause)}`;
  if (walk.verdict === 'sometimes')
    return `\`${flow.from}\` reaches \`${to}\`${at} by ${serviceText(flow)} sometimes: chance or history decides${why.replace(/^:/, '; where it fails,')}`;
  if (walk.verdict === 'no') return `${head}${why}`;
  return walk.seenSource === null || walk.forward.length === 0 ? head : `${head}, seen as ${walk.seenSource}`;
};

/** What asks the same of the running lab: a ping, or a look at what decides. */
const confirmWith = (flow: Flow, cause: Cause | undefined): readonly [machine: string, argv: readonly string[]] => {
  if (cause !== undefined) return [cause.machine, cause.shownBy];
  const { destination, protocol, port } = flow;
  if (flow.isForged === true) return [flow.from, routeGet(destination)];
  // A shell's own way to connect needs no program that might be missing.
  if (protocol === 'tcp') return [flow.from, ['timeout', '3', 'bash', '-c', `< /dev/tcp/${destination}/${port ?? ''}`]];
  if (protocol === 'udp') return [flow.from, routeGet(destination)];
  const size =
    flow.lengthBytes === undefined ? [] : ['-M', 'do', '-s', String(flow.lengthBytes - (flow.family === 4 ? 28 : 48))];
  const source = flow.source === undefined ? [] : ['-I', flow.source];
  return [flow.from, ['ping', '-c', '1', ...size, ...source, flow.destination]];
};

export interface Explained {
  readonly lab: Lab;
  readonly flow: Flow;
  readonly to: string;
  readonly walk: Walk;
  readonly origins: Origins;
  /** What `lanwright exec` needs to find the lab; undefined: there is none, the machine is a real one. */
  readonly fileWords: readonly string[] | undefined;
  readonly repair: readonly RepairReport[];
}

export const reportExplained = ({ lab, flow, to, walk, origins, fileWords, repair }: Explained): ExplainReport => {
  const { stop } = walk;
  const cause = walk.verdict === 'yes' ? undefined : causeOf(origins, lab, walk);
  const hopsTo = (direction: Stop['direction']): readonly HopReport[] =>
    reportHops(
      origins,
      direction === 'forward' ? walk.forward : walk.reply,
      stop?.direction === direction ? stop : undefined,
    );
  const [machine, argv] = confirmWith(flow, cause);
  return {
    lab: lab.name,
    from: flow.from,
    to,
    address: flow.destination,
    family: flow.family,
    protocol: flow.protocol,
    port: flow.port,
    verdict: predictedBy(walk.verdict),
    sentence: sentenceOf(flow, to, walk, cause),
    forward: hopsTo('forward'),
    reply: hopsTo('reply'),
    stopped_at:
      stop === null
        ? null
        : {
            machine: stop.stack,
            interface: stop.interface,
            stage: stop.stage,
            reason: stop.reason,
            rule: `${stop.because.text} (${fromOf(origins, stop.because)})`,
          },
    direction: stop?.direction ?? null,
    cause: cause === undefined ? null : { machine: cause.machine, text: cause.text, line: cause.line },
    client_sees: walk.clientSees,
    source: walk.seenSource,
    facts: walk.facts,
    unknown: walk.unknown,
    confirm: shellLine(
      fileWords === undefined ? ['ssh', machine, ...argv] : ['lanwright', 'exec', ...fileWords, machine, '--', ...argv],
    ),
    repair,
  };
};
