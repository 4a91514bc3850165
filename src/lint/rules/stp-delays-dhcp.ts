/** A bridge whose spanning tree keeps new ports silent while guests behind them ask for their addresses. */
import { type InterfaceModel, type StackModel } from '../../reach/model/model.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn, withInterface } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

/** A client asks for longer than twice this. */
const shortestToTell = 5;

/** Guests on the wire that ask by DHCP, the bridge itself included. */
const askersOn = ({ model, terrain }: LintInput, stack: StackModel, it: InterfaceModel): readonly string[] => {
  const segment = terrain.segmentOf(stack.name, it.name);
  return [...model.stacks.values()].flatMap(({ name, stack: { services } }) =>
    services.flatMap((service) =>
      service.kind === 'dhcp-client' && terrain.segmentOf(name, service.interface) === segment
        ? [`${name} ${service.interface}`]
        : [],
    ),
  );
};

const findingFor = (input: LintInput, stack: StackModel, it: InterfaceModel): readonly RawFinding[] => {
  const { bridge } = it.it;
  if (bridge === undefined || bridge.forwardDelaySeconds < shortestToTell) return [];
  if (!bridge.stp && it.ports.length === 0) return [];
  const askers = askersOn(input, stack, it);
  const seconds = 2 * bridge.forwardDelaySeconds;
  const uplinked = it.ports.some((port) => stack.interfaces.get(port)?.peer === undefined);
  if (!bridge.stp && askers.length === 0) return [];
  const who = askers.length === 0 ? 'whoever is plugged into it' : askers.map((name) => `\`${name}\``).join(', ');
  return [
    {
      stack: stack.name,
      ...(askers.length === 0 && !uplinked ? { severity: 'note' as const } : {}),
      message: `\`${it.name}\` of \`${stack.name}\` listens and learns for ${seconds} seconds before a new port carries anything${bridge.stp ? ' (STP is on)' : ''}: ${who} waits, or gives up`,
      at: interfaceSubject(stack.name, it.name),
      repair: {
        words:
          'switch STP off and set the forward delay to 0 where the bridge is no part of a loop: bridge_stp off, bridge_fd 0; with STP on the kernel takes no delay below 2 seconds',
        edits: [],
        mend: (state) =>
          withInterface(state, stack.name, it.name, (own) => ({
            ...own,
            bridge: { ...bridge, stp: false, forwardDelaySeconds: 0 },
          })),
      },
    },
  ];
};

export const stpDelaysDhcp: LintRule = {
  code: 'stp-delays-dhcp',
  severity: 'warning',
  title: 'a bridge with a forward delay, behind which somebody asks for an address',
  explanation:
    'A port of a bridge goes through listening and learning, each as long as the forward delay: 15 seconds unless set. Until then nothing passes, and a DHCP client that asks for some seconds ' +
    'when the machine starts has given up by the time. `bridge_fd 0` beside `bridge_stp on` does not help: while STP is on, the kernel refuses a delay of less than 2 seconds (br_set_forward_delay), ' +
    'and the 15 seconds stay.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => interfacesOf(stack).flatMap((it) => findingFor(input, stack, it))),
};
