/**
 * A state that comes from no lab file, as a lab: whose machines and networks can be asked about as those of any other.
 * Everything in it is as it is; nothing is planned, and there are no policies.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabAddress, type LabMachine, type LabNetwork, type LabNic } from '../lab/lab.ts';
import { type Facts } from '../reach/facts.ts';
import { settledFacts } from '../reach/settled.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { isSwitch } from '../state/switch.ts';
import { segmentsIn, type Segment, type Station } from './segments.ts';

/** Where a stack or one of its interfaces is said. */
export type SpanOf = (stack: string, name?: string) => Span;

const internetServer = '198.51.100.1';

/** The stack that stands for the internet has its servers. */
export const isInternet = ({ interfaces }: Stack): boolean =>
  Object.values(interfaces).some(({ addresses }) => addresses.some(({ address }) => address === internetServer));

const learnedOn = (facts: Facts, { stack, name }: Station): readonly LabAddress[] =>
  (facts.addresses ?? [])
    .filter((own) => own.stack === stack && own.interface === name)
    .map(({ family, address, prefixLength }) => ({ family, address, prefixLength }));

const gatewayOf = ({ routes }: Stack, dev: string, family: 4 | 6): string | undefined =>
  routes.find((route) => route.family === family && route.to.endsWith('/0') && route.dev === dev)?.via;

const nicOf = (station: Station, stack: Stack, segment: Segment, facts: Facts, spanOf: SpanOf): LabNic => {
  const { name, it } = station;
  const asks = (kind: 'dhcp-client' | 'dhcp6-client'): boolean =>
    stack.services.some((service) => service.kind === kind && service.interface === name);
  const [gateway4, gateway6] = [gatewayOf(stack, name, 4), gatewayOf(stack, name, 6)];
  return {
    name,
    network: segment.name,
    mac: it.mac ?? '02:00:00:00:00:00',
    mtuBytes: it.mtuBytes,
    addresses: [...it.addresses, ...learnedOn(facts, station)],
    attachment: it.kind === 'bridge' ? 'bridge' : 'cable',
    dhcp: asks('dhcp-client'),
    slaac: false,
    dhcp6: asks('dhcp6-client'),
    ...(gateway4 === undefined ? {} : { gateway4 }),
    ...(gateway6 === undefined ? {} : { gateway6 }),
    metric: 0,
    at: spanOf(station.stack, name),
  };
};

const machineOf = (name: string, stack: Stack, number: number, nics: readonly LabNic[], at: Span): LabMachine => ({
  name,
  role: isInternet(stack) ? 'internet' : 'host',
  number,
  nics,
  routes: [],
  isRouter: stack.sysctls['net/ipv4/ip_forward'] === '1' || stack.sysctls['net/ipv6/conf/all/forwarding'] === '1',
  start: 1000,
  consolePort: 0,
  monitorPort: 0,
  at,
});

const networkOf = ({ name, subnets, stations }: Segment, spanOf: SpanOf): LabNetwork => {
  const [first] = stations;
  const [ipv4] = subnets[4];
  const [ipv6] = subnets[6];
  return {
    name,
    kind: 'outside',
    bridge: '',
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    publish: [],
    shared: [],
    stp: false,
    mtuBytes: 1500,
    at: spanOf(first?.stack ?? '', first?.name),
  };
};

/** `name`: what is told as the name of the lab. */
export const labOfState = (name: string, state: NetworkState, spanOf: SpanOf): Lab => {
  const facts = settledFacts(state);
  const segments = segmentsIn(state);
  const machines = Object.entries(state.stacks).filter(([, stack]) => !isSwitch(stack));
  return {
    name,
    networks: Object.fromEntries(segments.map((segment) => [segment.name, networkOf(segment, spanOf)])),
    machines: Object.fromEntries(
      machines.map(([machine, stack], index) => {
        const nics = segments.flatMap((segment) =>
          segment.stations
            .filter((station) => station.stack === machine)
            .map((station) => nicOf(station, stack, segment, facts, spanOf)),
        );
        return [machine, machineOf(machine, stack, index + 1, nics, spanOf(machine))];
      }),
    ),
    policy: [],
    expect: [],
    notes: [],
  };
};
